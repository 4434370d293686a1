import type { ServerResponse } from 'node:http';

/** Headers that belong to the answer that was taken back, not to the one that replaces it. */
export const OF_THE_ANSWER =
  /^(content-(?!security-policy).*|etag|last-modified|location|refresh|cache-control|expires|set-cookie|transfer-encoding|trailer|accept-ranges|age)$/i;

/** Takes back the head of an answer of which nothing has left. */
export function takeBackHead(res: ServerResponse, status: number): void {
  for (const name of res.getHeaderNames()) if (OF_THE_ANSWER.test(name)) res.removeHeader(name);
  res.statusCode = status;
  // HTTP/2 has no reason phrase and warns when given one.
  if (Object.hasOwn(res, 'statusMessage')) res.statusMessage = '';
}

/** The head of an answer that tells a status and nothing else; its body. */
export function opaqueAnswer(res: ServerResponse, status: number): string {
  takeBackHead(res, status);
  const message = status === 503 ? 'Service Unavailable' : 'Internal Server Error';
  const body = JSON.stringify({ statusCode: status, message });
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.setHeader('Content-Length', Buffer.byteLength(body));
  res.setHeader('Cache-Control', 'no-store');
  if (status === 503) res.setHeader('Retry-After', '1');
  return body;
}
