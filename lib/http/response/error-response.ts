import { STATUS_CODES, type ServerResponse } from 'node:http';
import { isLimitError, SessionError } from '../../core/errors.js';
import { RETRY_AFTER } from '../handler-hooks.js';

/** Headers that describe the content of a response. An error response that replaces it does not keep them. */
export const CONTENT_HEADERS =
  /^(content-(?!security-policy).*|etag|last-modified|location|refresh|cache-control|expires|set-cookie|transfer-encoding|trailer|accept-ranges|age)$/i;

/** Removes the content headers of a response of which nothing was sent, and sets its status. */
export function resetHead(res: ServerResponse, status: number): void {
  for (const name of res.getHeaderNames()) if (CONTENT_HEADERS.test(name)) res.removeHeader(name);
  res.statusCode = status;
  // HTTP/2 has no reason phrase and warns when one is set.
  if (Object.hasOwn(res, 'statusMessage')) res.statusMessage = '';
}

/** Sets the head of an error response without details. Returns its body. */
export function opaqueError(res: ServerResponse, status: number): string {
  resetHead(res, status);
  const message = STATUS_CODES[status];
  const body = JSON.stringify({ statusCode: status, message });
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.setHeader('Content-Length', Buffer.byteLength(body));
  res.setHeader('Cache-Control', 'no-store');
  if (status === 503) res.setHeader(...RETRY_AFTER);
  return body;
}

/**
 * 503 if a retry can help: the store failed, or concurrent changes conflict. 429 for a login that the option
 * `limit` refuses. Otherwise 500.
 */
export function statusOf(error: unknown): 429 | 500 | 503 {
  if (isLimitError(error)) return 429;
  const isTemporary =
    error instanceof SessionError &&
    (error.code === 'ERR_SESSION_STORE' || error.code === 'ERR_SESSION_CONFLICT');
  return isTemporary ? 503 : 500;
}
