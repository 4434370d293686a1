import { OWN_SETTINGS } from '../cookie/cookie-setting.js';

/** The attributes that the cookies of an application have by its options; what a stored session repeats. */
export interface ForeignCookie {
  readonly path?: string | undefined;
  readonly domain?: string | undefined;
  readonly httpOnly?: boolean | undefined;
  readonly secure?: boolean | 'auto' | undefined;
  readonly sameSite?: boolean | 'lax' | 'strict' | 'none' | 'auto' | undefined;
  readonly maxAge?: number | null | undefined;
  readonly priority?: 'low' | 'medium' | 'high' | undefined;
  readonly partitioned?: boolean | undefined;
}

/** The settings of a stored cookie that are not those of the options, as the engine keeps them. */
export function ownSettings(
  cookie: Readonly<Record<string, unknown>>,
  options: ForeignCookie,
): string | null {
  const { maxAge = null, path = '/', httpOnly = true, ...others } = options;
  const planned: Record<string, unknown> = { ...others, originalMaxAge: maxAge, path, httpOnly };
  const own: Record<string, unknown> = {};
  for (const name of OWN_SETTINGS) {
    const value = cookie[name];
    const isSet = name === 'originalMaxAge' ? value !== undefined : value != null;
    if (isSet && value !== planned[name] && !isDecidedPerRequest(name, planned[name])) own[name] = value;
  }
  return Object.keys(own).length === 0 ? null : JSON.stringify(own);
}

/** Left to the request by the options: what a stored cookie says of it is how one request was, not what a session chose. */
const isDecidedPerRequest = (name: string, planned: unknown): boolean =>
  (name === 'secure' || name === 'sameSite') && (planned === undefined || planned === 'auto');
