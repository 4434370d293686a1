import { randomBytes } from 'node:crypto';
import type { SessionKey, SessionPatch, SessionRecord } from 'nest-session';

/** A table that no other test uses. */
export const newTable = (): string => `s_${randomBytes(8).toString('hex')}`;

/** A key that no store knows. */
export const newKey = (): SessionKey => `1.${randomBytes(16).toString('hex')}` as SessionKey;

/** A record with an hour to live. */
export function recordOf(values: Record<string, string>, over: Partial<SessionRecord> = {}): SessionRecord {
  const now = Date.now();
  const times = { createdAt: now, touchedAt: now, expiresAt: now + 3_600_000 };
  return { ...times, principal: null, revision: 0, attributes: new Map(Object.entries(values)), ...over };
}

/** A patch of the session of nobody. */
export function patchOf(
  changes: Record<string, [from: string | null, to: string | null]>,
  over: Partial<SessionPatch> = {},
): SessionPatch {
  const now = Date.now();
  const entries = Object.entries(changes).map(([name, [from, to]]) => [name, { from, to }] as const);
  const principal = { from: null, to: null };
  return { touchedAt: now, expiresAt: now + 3_600_000, principal, changes: new Map(entries), ...over };
}

/** So many of a kind. */
export function times<T>(count: number, make: (n: number) => T): T[] {
  return Array.from({ length: count }, (_, n) => make(n));
}
