import { ok } from 'node:assert';
import { newSessionId, sessionKey, type SessionKey } from '../core/session-id.js';
import type { AttributeChange, SessionPatch, SessionRecord } from '../core/store/session-record.js';
import type { SessionStore } from '../core/store/session-store.js';

/** Cases of the store contract by title. A case rejects if the store breaks its promise. */
export type Cases<S extends SessionStore = SessionStore> = Readonly<
  Record<string, (store: S) => Promise<void>>
>;

/** The cases for a store with an optional power. They fail with `message` for a store without it. */
export function requiring<P extends SessionStore>(
  hasPower: (store: SessionStore) => store is P,
  message: string,
  cases: Cases<P>,
): Cases {
  const checked = Object.entries(cases).map(([title, run]) => [
    title,
    async (store: SessionStore) => {
      ok(hasPower(store), message);
      await run(store);
    },
  ]);
  return Object.fromEntries(checked) as Cases;
}

/** A key that is in no store. */
export function newKey(): SessionKey {
  return sessionKey(newSessionId());
}

/** A record that expires in an hour. `values` are its attributes, each as JSON text. */
export function recordOf(
  values: Record<string, string>,
  overrides: Partial<SessionRecord> = {},
): SessionRecord {
  const now = Date.now();
  const attributes = new Map(Object.entries(values));
  const times = { createdAt: now, touchedAt: now, expiresAt: now + 3_600_000 };
  return { ...times, principal: null, revision: 0, attributes, ...overrides };
}

/** A patch of a session without a principal. */
export function patchOf(
  changes: Readonly<Record<string, readonly [from: string | null, to: string | null]>>,
  overrides: Partial<SessionPatch> = {},
): SessionPatch {
  const now = Date.now();
  const entries = Object.entries(changes).map(([name, [from, to]]): [string, AttributeChange] => [
    name,
    { from, to },
  ]);
  const principal = { from: null, to: null };
  return { touchedAt: now, expiresAt: now + 3_600_000, principal, changes: new Map(entries), ...overrides };
}

/** The record under a key; `null` if it is missing or unreadable. */
export async function readRecord(store: SessionStore, key: SessionKey): Promise<SessionRecord | null> {
  const record = await store.load(key);
  return typeof record === 'string' ? null : record;
}

/** The text of one attribute in a store. */
export async function attribute(
  store: SessionStore,
  key: SessionKey,
  name: string,
): Promise<string | undefined> {
  return (await readRecord(store, key))?.attributes.get(name);
}

/** The texts of all attributes in a store. */
export async function attributes(store: SessionStore, key: SessionKey): Promise<Record<string, string>> {
  return Object.fromEntries((await readRecord(store, key))?.attributes ?? []);
}

/** An array of `count` values. */
export function times<T>(count: number, make: (n: number) => T): T[] {
  return Array.from({ length: count }, (_, n) => make(n));
}
