/** The name of the session at `req.session`. */
export const DEFAULT_NAME = 'default';

/**
 * A principal as a store indexes it. Sessions of several names can share a store: each name has its own
 * principals. Those of the default name stay as they are, except that a leading `$` is doubled.
 */
export function scopedPrincipal(sessionName: string, principal: string): string {
  if (sessionName !== DEFAULT_NAME) return `$${escaped(sessionName)}:${principal}`;
  return principal.startsWith('$') ? `$${principal}` : principal;
}

/** The principal of a record, and the session name that it belongs to: reverses {@link scopedPrincipal}. */
export function scopeOf(stored: string): { readonly sessionName: string; readonly principal: string } {
  if (!stored.startsWith('$')) return { sessionName: DEFAULT_NAME, principal: stored };
  if (stored.startsWith('$$')) return { sessionName: DEFAULT_NAME, principal: stored.slice(1) };
  const colon = stored.indexOf(':');
  const name = colon === -1 ? stored.slice(1) : stored.slice(1, colon);
  return { sessionName: unescaped(name), principal: colon === -1 ? '' : stored.slice(colon + 1) };
}

// A name that begins with `$` would look like a principal of the default name.
const escaped = (name: string): string => name.replace(/[%$:]/g, (sign) => ESCAPES[sign]!);
const unescaped = (name: string): string => name.replace(/%(?:24|25|3a)/g, (code) => SIGNS[code]!);

const ESCAPES: Readonly<Record<string, string>> = { '%': '%25', $: '%24', ':': '%3a' };
const SIGNS: Readonly<Record<string, string>> = { '%25': '%', '%24': '$', '%3a': ':' };
