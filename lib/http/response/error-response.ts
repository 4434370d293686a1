import type { ServerResponse } from 'node:http';
import { SessionError } from '../../core/errors.js';
import { RETRY_AFTER } from '../handler-hooks.js';

/** Headers that belong to the answer that was taken back, not to the one that replaces it. */
export const OF_THE_ANSWER =
  /^(content-(?!security-policy).*|etag|last-modified|location|refresh|cache-control|expires|set-cookie|transfer-encoding|trailer|accept-ranges|age)$/i;

/** Takes back the head of an answer of which nothing has left. */
export function resetHead(res: ServerResponse, status: number): void {
  for (const name of res.getHeaderNames()) if (OF_THE_ANSWER.test(name)) res.removeHeader(name);
  res.statusCode = status;
  // HTTP/2 has no reason phrase and warns when given one.
  if (Object.hasOwn(res, 'statusMessage')) res.statusMessage = '';
}

/** The head of an answer that tells a status and nothing else; its body. */
export function opaqueError(res: ServerResponse, status: number): string {
  resetHead(res, status);
  const message = status === 503 ? 'Service Unavailable' : 'Internal Server Error';
  const body = JSON.stringify({ statusCode: status, message });
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.setHeader('Content-Length', Buffer.byteLength(body));
  res.setHeader('Cache-Control', 'no-store');
  if (status === 503) res.setHeader(...RETRY_AFTER);
  return body;
}

/** 503 where trying again can help: the store is out of reach, or the session is in great demand. Else the fault is ours. */
export function statusOf(error: unknown): 500 | 503 {
  const passing =
    error instanceof SessionError &&
    (error.code === 'ERR_SESSION_STORE' || error.code === 'ERR_SESSION_CONFLICT');
  return passing ? 503 : 500;
}
