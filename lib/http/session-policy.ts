import { randomBytes } from 'node:crypto';
import { resolveSessionOptions } from './resolve-options.js';
import type { ResolvedSessionOptions } from './resolved-session-options.js';
import type { SessionLimit } from './session-limit.js';
import type { SessionOptions } from './session-options.js';
import type { TimeoutProfile } from './session-timeouts.js';
import { durationText, PROFILES } from './timeout-profiles.js';

/**
 * How long sessions live, and how many a user may have, for a page or a file of an audit. Times are
 * milliseconds; `Infinity` for no limit.
 */
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
  /**
   * The option `limit`; `null` without one, and then a user may have any number of sessions. `perPrincipal` is
   * `null` where a function decides by the user.
   */
  readonly limit: Readonly<{
    perPrincipal: number | null;
    whenReached: NonNullable<SessionLimit['whenReached']>;
  }> | null;
}

/**
 * The policy that follows from the options of a session. A `secret` is not needed.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for options that would fail at startup.
 * @see OWASP ASVS 5.0, 7.1.1 and 7.1.2; requirements S-1, S-2
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
  const { profile, deviation, idleMs, mostIdleMs, absoluteMs, limit } = options;
  return {
    profile,
    deviation,
    idle: idleMs,
    longestIdle: mostIdleMs,
    absolute: absoluteMs,
    limit: limit && { perPrincipal: limit.fixed, whenReached: limit.whenReached },
  };
}

/** The policy as a line of the log; `null` with neither a profile nor a limit. */
export function policyLine(policy: SessionPolicy): string | null {
  const lines = [profileLine(policy), limitLine(policy)].filter((line) => line !== null);
  return lines.length === 0 ? null : lines.join(' ');
}

function limitLine({ limit }: SessionPolicy): string | null {
  if (limit === null) return null;
  const number =
    limit.perPrincipal === null
      ? 'a number of sessions that depends on the user'
      : sessions(limit.perPrincipal);
  return `A user may have ${number}; ${BEYOND[limit.whenReached]}.`;
}

const sessions = (count: number): string => (count === 1 ? 'one session' : `${count} sessions`);

const BEYOND: Readonly<Record<NonNullable<SessionLimit['whenReached']>, string>> = {
  'evict-oldest': 'one more login ends the oldest',
  'evict-least-recent': 'one more login ends the least recently used one',
  reject: 'one more login is refused',
};

function profileLine({ profile, deviation, idle, absolute }: SessionPolicy): string | null {
  if (profile === null) return null;
  const limits = `${longest('unused', idle)}, ${longest('used', absolute)}`;
  const reason = deviation === null ? '' : ` Deviation: ${JSON.stringify(deviation)}.`;
  return `Sessions follow the profile ${profile} (NIST SP 800-63B-4, section ${PROFILES[profile].section}): ${limits}.${reason}`;
}

const longest = (state: string, ms: number): string =>
  ms === Infinity ? `no limit while ${state}` : `at most ${durationText(ms)} ${state}`;
