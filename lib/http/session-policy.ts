import { randomBytes } from 'node:crypto';
import { resolveSessionOptions } from './resolve-options.js';
import type { ResolvedSessionOptions } from './resolved-session-options.js';
import type { SessionOptions } from './session-options.js';
import type { TimeoutProfile } from './session-timeouts.js';
import { durationText, PROFILES } from './timeout-profiles.js';

/** How long sessions live, for a page or a file of an audit. Milliseconds; `Infinity` for no limit. */
export interface SessionPolicy {
  /** The option `timeouts.profile`; `null` without one. */
  readonly profile: TimeoutProfile | null;
  /** The option `timeouts.deviation`; `null` without one. */
  readonly deviation: string | null;
  /** The idle timeout of a session that sets none of its own. */
  readonly idle: number;
  /** The longest idle timeout that a session or its cookie can set. */
  readonly longestIdle: number;
  /** The absolute timeout. No session can lengthen it. */
  readonly absolute: number;
}

/**
 * The policy that follows from the options of a session. A `secret` is not needed.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for options that would fail at startup.
 * @see OWASP ASVS 5.0, 7.1.1; requirement S-1
 * @example
 * ```ts
 * import { sessionPolicy } from 'nest-session/http';
 *
 * console.log(sessionPolicy({ timeouts: { profile: 'aal2' } })); // idle: 3600000, absolute: 86400000, ...
 * ```
 */
export function sessionPolicy(options: Partial<SessionOptions>): SessionPolicy {
  const { secret = randomBytes(32) } = options;
  return policyOf(resolveSessionOptions({ ...options, secret }));
}

/** The policy of resolved options. */
export function policyOf(options: ResolvedSessionOptions): SessionPolicy {
  const { profile, deviation, idleMs, mostIdleMs, absoluteMs } = options;
  return { profile, deviation, idle: idleMs, longestIdle: mostIdleMs, absolute: absoluteMs };
}

/** The policy as a line of the log; `null` without a profile. */
export function policyLine({ profile, deviation, idle, absolute }: SessionPolicy): string | null {
  if (profile === null) return null;
  const limits = `${longest('unused', idle)}, ${longest('used', absolute)}`;
  const reason = deviation === null ? '' : ` Deviation: ${JSON.stringify(deviation)}.`;
  return `Sessions follow the profile ${profile} (NIST SP 800-63B-4, section ${PROFILES[profile].section}): ${limits}.${reason}`;
}

const longest = (state: string, ms: number): string =>
  ms === Infinity ? `no limit while ${state}` : `at most ${durationText(ms)} ${state}`;
