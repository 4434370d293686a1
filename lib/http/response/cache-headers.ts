import type { ServerResponse } from 'node:http';

/** A response that is not one of Node's may have no `getHeader`. */
export type HeaderWriter = Pick<ServerResponse, 'setHeader'> & Partial<Pick<ServerResponse, 'getHeader'>>;

/**
 * No cache may keep a response that sets a session cookie: adds `private, no-store` to `Cache-Control`, unless the
 * application already forbids storing it. Its other directives stay, such as `no-transform`, which tells `compression`
 * not to buffer a stream; only `public` goes, since it says the opposite.
 *
 * @see OWASP Session Management Cheat Sheet, "Web Content Caching"; requirement S-29
 */
export function forbidStoring(res: HeaderWriter): void {
  const control = res.getHeader?.('Cache-Control');
  if (control === undefined) return void res.setHeader('Cache-Control', 'private, no-store');
  const chosen = directivesOf([control].flat().join(', '));
  if (chosen.some(isNamed('no-store'))) return;
  const kept = chosen.filter((directive) => !isNamed('public')(directive) && !isNamed('private')(directive));
  res.setHeader('Cache-Control', [...kept, 'private', 'no-store'].join(', '));
}

/** The directives of a header; a comma inside quotes separates none. */
function directivesOf(header: string): string[] {
  const found = header.match(/(?:"(?:\\.|[^"\\])*"|[^,])+/g) ?? [];
  return found.map((directive) => directive.trim()).filter((directive) => directive !== '');
}

const isNamed =
  (name: string) =>
  (directive: string): boolean =>
    directive.split('=')[0]!.trim().toLowerCase() === name;

/** An answer for which the session was looked at is another one for another cookie. */
export function varyByCookie(res: HeaderWriter): void {
  const vary = res.getHeader?.('Vary');
  if (vary === undefined) return void res.setHeader('Vary', 'Cookie');
  const chosen = [vary].flat().join(', ');
  if (/(^|[\s,])(\*|cookie)([\s,]|$)/i.test(chosen)) return;
  res.setHeader('Vary', chosen === '' ? 'Cookie' : `${chosen}, Cookie`);
}
