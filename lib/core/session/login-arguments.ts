import { scopedPrincipal } from '../store/principal-scope.js';
import type { Login } from './login.js';
import { principalError, principalText } from './principal-text.js';
import { loginOptionError, loginOptionsError } from './session-errors.js';

/**
 * The arguments of `session.login()`, checked. `realm` is the session name.
 * @throws SessionError `ERR_SESSION_VALUE` for a principal that names no user; TypeError for wrong options.
 */
export function checkedLogin(principal: unknown, options: unknown, realm: string): Login {
  const text = principalText(principal, SOURCE);
  if (text === null) throw principalError(principal, SOURCE);
  // A string may be meant as the method, a function as a callback.
  if (options !== undefined && (typeof options !== 'object' || options === null || Array.isArray(options)))
    throw loginOptionsError(options);
  const { keep = [], method } = (options ?? {}) as Readonly<Record<string, unknown>>;
  if (!isNames(keep)) throw loginOptionError('keep', 'an array of attribute names', keep);
  if (method !== undefined && (typeof method !== 'string' || method === ''))
    throw loginOptionError('method', 'a text that is not empty', method);
  return { principal: scopedPrincipal(realm, text), keep, method: method ?? null };
}

const SOURCE = 'The principal of login()';

const isNames = (keep: unknown): keep is readonly string[] =>
  Array.isArray(keep) && keep.every((name) => typeof name === 'string');
