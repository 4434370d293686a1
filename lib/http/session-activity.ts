import type { IncomingMessage } from 'node:http';
import { rawRequestOf } from './get-session.js';
import { ATTACHED, type RequestWithSessions } from './request-properties.js';

/**
 * Sets whether a handler of a request counts as activity of its sessions. Where several handlers serve one
 * request, as in GraphQL, one that counts is enough.
 */
export function setActivity(
  request: IncomingMessage | { readonly raw: IncomingMessage },
  counts: boolean,
): void {
  for (const session of (rawRequestOf(request) as RequestWithSessions)[ATTACHED] ?? [])
    session.isPassive = !counts && session.isPassive !== false;
}
