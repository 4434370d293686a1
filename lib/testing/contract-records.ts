import { newSessionId, sessionKey, type SessionKey } from '../core/session-id.js';
import type { AttributeChange, SessionPatch, SessionRecord } from '../core/store/session-record.js';
import type { SessionStore } from '../core/store/session-store.js';

/** Questions to a store by their titles. */
export type Questions<S extends SessionStore = SessionStore> = Readonly<
  Record<string, (store: S) => Promise<void>>
>;

/** A key that no store knows. */
export function newKey(): SessionKey {
  return sessionKey(newSessionId());
}

/** A record with an hour to live. */
export function recordOf(values: Record<string, string>, over: Partial<SessionRecord> = {}): SessionRecord {
  const now = Date.now();
  const attributes = new Map(Object.entries(values));
  const times = { createdAt: now, touchedAt: now, expiresAt: now + 3_600_000 };
  return { ...times, principal: null, revision: 0, attributes, ...over };
}

/** A patch of the session of nobody. */
export function patchOf(
  changes: Readonly<Record<string, readonly [from: string | null, to: string | null]>>,
  over: Partial<SessionPatch> = {},
): SessionPatch {
  const now = Date.now();
  const entries = Object.entries(changes).map(([name, [from, to]]): [string, AttributeChange] => [
    name,
    { from, to },
  ]);
  const principal = { from: null, to: null };
  return { touchedAt: now, expiresAt: now + 3_600_000, principal, changes: new Map(entries), ...over };
}

/** What a store holds, as far as it can be read. */
export async function held(store: SessionStore, key: SessionKey): Promise<SessionRecord | null> {
  const record = await store.load(key);
  return record === 'corrupt' ? null : record;
}

/** The text of one attribute that a store holds. */
export async function attribute(
  store: SessionStore,
  key: SessionKey,
  name: string,
): Promise<string | undefined> {
  return (await held(store, key))?.attributes.get(name);
}

/** The texts of all attributes that a store holds. */
export async function attributes(store: SessionStore, key: SessionKey): Promise<Record<string, string>> {
  return Object.fromEntries((await held(store, key))?.attributes ?? []);
}

/** So many of a kind. */
export function times<T>(count: number, make: (n: number) => T): T[] {
  return Array.from({ length: count }, (_, n) => make(n));
}
