import { randomBytes } from 'node:crypto';
import type { SessionKey, SessionPatch, SessionRecord } from 'nest-session';

/** A table that no other test uses. */
export const newTable = (): string => `s_${randomBytes(8).toString('hex')}`;

/** A new key. */
export const newKey = (): SessionKey => `1.${randomBytes(16).toString('hex')}` as SessionKey;

/** A record that expires in an hour. */
export function recordOf(values: Record<string, string>, over: Partial<SessionRecord> = {}): SessionRecord {
  const now = Date.now();
  const times = { createdAt: now, touchedAt: now, expiresAt: now + 3_600_000 };
  return { ...times, principal: null, revision: 0, attributes: new Map(Object.entries(values)), ...over };
}

/** A patch of an anonymous session. */
export function patchOf(
  changes: Record<string, [from: string | null, to: string | null]>,
  over: Partial<SessionPatch> = {},
): SessionPatch {
  const now = Date.now();
  const entries = Object.entries(changes).map(([name, [from, to]]) => [name, { from, to }] as const);
  const principal = { from: null, to: null };
  return { touchedAt: now, expiresAt: now + 3_600_000, principal, changes: new Map(entries), ...over };
}

/** Calls a function repeatedly, and returns the results. */
export function times<T>(count: number, make: (n: number) => T): T[] {
  return Array.from({ length: count }, (_, n) => make(n));
}
