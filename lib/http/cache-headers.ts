import type { ServerResponse } from 'node:http';

/** A response that is not one of Node's may have no `getHeader`. */
export type HeaderWriter = Pick<ServerResponse, 'setHeader'> & Partial<Pick<ServerResponse, 'getHeader'>>;

/**
 * An answer that hands out a session must not be kept by anyone: `Cache-Control: private, no-store`, unless the
 * application already forbids storing it.
 *
 * @see OWASP Session Management Cheat Sheet, "Web Content Caching"; requirement S-29
 */
export function forbidStoring(res: HeaderWriter): void {
  const control = res.getHeader?.('Cache-Control');
  const chosen = control === undefined ? '' : String(control);
  if (chosen === '' || !/(^|[\s,])no-store([\s,]|$)/i.test(chosen))
    res.setHeader('Cache-Control', 'private, no-store');
}

/** An answer for which the session was looked at is another one for another cookie. */
export function varyByCookie(res: HeaderWriter): void {
  const vary = res.getHeader?.('Vary');
  if (vary === undefined) return void res.setHeader('Vary', 'Cookie');
  const chosen = [vary].flat().join(', ');
  if (/(^|[\s,])(\*|cookie)([\s,]|$)/i.test(chosen)) return;
  res.setHeader('Vary', chosen === '' ? 'Cookie' : `${chosen}, Cookie`);
}
