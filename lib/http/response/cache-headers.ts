import type { ServerResponse } from 'node:http';

/** A response to set headers on. One that is not Node's may have no `getHeader`. */
export type HeaderWriter = Pick<ServerResponse, 'setHeader'> & Partial<Pick<ServerResponse, 'getHeader'>>;

/**
 * Adds `private, no-store` to `Cache-Control`, so that no cache stores a response that sets a session cookie.
 * A `no-store` of the application stays as it is. Other directives stay, such as `no-transform`, with which
 * `compression` does not buffer a stream; `public` is removed.
 *
 * @see OWASP Session Management Cheat Sheet, "Web Content Caching"; requirement S-29
 */
export function forbidStoring(res: HeaderWriter): void {
  const control = res.getHeader?.('Cache-Control');
  if (control === undefined) return void res.setHeader('Cache-Control', 'private, no-store');
  const directives = directivesOf([control].flat().join(', '));
  if (directives.some(isNamed('no-store'))) return;
  const kept = directives.filter(
    (directive) => !isNamed('public')(directive) && !isNamed('private')(directive),
  );
  res.setHeader('Cache-Control', [...kept, 'private', 'no-store'].join(', '));
}

/** The directives of a header. A comma inside quotes does not separate. */
function directivesOf(header: string): string[] {
  const found = header.match(/(?:"(?:\\.|[^"\\])*"|[^,])+/g) ?? [];
  return found.map((directive) => directive.trim()).filter((directive) => directive !== '');
}

const isNamed =
  (name: string) =>
  (directive: string): boolean =>
    directive.split('=')[0]!.trim().toLowerCase() === name;

/** Adds `Cookie` to `Vary`: a response that reads the session depends on the cookie. */
export function varyByCookie(res: HeaderWriter): void {
  const vary = res.getHeader?.('Vary');
  if (vary === undefined) return void res.setHeader('Vary', 'Cookie');
  const names = [vary].flat().join(', ');
  if (/(^|[\s,])(\*|cookie)([\s,]|$)/i.test(names)) return;
  res.setHeader('Vary', names === '' ? 'Cookie' : `${names}, Cookie`);
}
