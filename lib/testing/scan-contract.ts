import { deepStrictEqual, ok } from 'node:assert';
import type { SessionKey } from '../core/session-id.js';
import type { SessionRecord } from '../core/store/session-record.js';
import type { SessionStore } from '../core/store/session-store.js';
import { hasScan, type SessionScan } from '../core/store/store-powers.js';
import { newKey, recordOf, requiring, times, type Cases } from './contract-records.js';

type ScannedStore = SessionStore & SessionScan;

const PAGE = 7;
const SESSIONS = 60;
/** Servers that scan by buckets return pages of varying length. */
const LONGEST_PAGE = SESSIONS / 2;
/** A scan that returns more pages never ends. */
const MOST_PAGES = 1000;

/** The case of a store with the option `scans: false`. */
export const NO_SCAN: Cases = {
  'has no scan() with scans: false': async (store) => {
    ok(!hasScan(store), 'The store has scan(). Remove the option scans: false.');
  },
};

const SCAN_CASES: Cases<ScannedStore> = {
  'lists every session over pages: anonymous and expired ones too': async (store) => {
    const sessions = await createAll(store, SESSIONS);
    deepStrictEqual(await scanned(store), sessions);
  },
  'lists each session that exists throughout, while others are created and deleted': async (store) => {
    const sessions = await createAll(store, SESSIONS);
    const ending = [...sessions.keys()].filter((_, n) => n % 3 === 0);
    const staying = [...sessions.keys()].filter((_, n) => n % 3 !== 0);
    const found = await scanned(store, async () => {
      for (const key of ending.splice(0, 4)) await store.delete(key);
      await createAll(store, 3);
    });
    deepStrictEqual(
      staying.filter((key) => !found.has(key)),
      [],
    );
  },
  'lists no session that was deleted or moved before, and nothing in an empty store': async (store) => {
    deepStrictEqual(await scanned(store), new Map());
    const sessions = await createAll(store, 20);
    for (const [n, [key, record]] of [...sessions].entries()) {
      if (n % 3 === 0) continue;
      sessions.delete(key);
      if (n % 3 === 1) await store.delete(key);
      else {
        const next = newKey();
        await store.rekey(key, next, record, null);
        sessions.set(next, record);
      }
    }
    deepStrictEqual(await scanned(store), sessions);
  },
};

/** Cases of a store with `SessionScan`. */
export const SCAN = requiring(
  (store): store is ScannedStore => hasScan(store),
  'The store has no scan(). Set the option scans: false.',
  SCAN_CASES,
);

/** Creates sessions of several principals and without one, some of which have expired. */
async function createAll(store: SessionStore, count: number): Promise<Map<SessionKey, SessionRecord>> {
  // The memory store frees expired sessions in real time only. Servers remove those that expired long ago.
  const then = Date.now() - 60_000;
  const sessions = times(count, (n): [SessionKey, SessionRecord] => {
    const principal = n % 2 === 0 ? null : `u${n % 5}`;
    const expiresAt = then + (n % 4 === 0 ? 59_000 : 3_600_000);
    return [newKey(), recordOf({ n: String(n) }, { createdAt: then, touchedAt: then, principal, expiresAt })];
  });
  for (const [key, record] of sessions) await store.create(key, record);
  return new Map(sessions);
}

/** The sessions of all pages. `betweenPages` runs after each page but the last. */
async function scanned(
  store: ScannedStore,
  betweenPages: () => Promise<void> = async () => undefined,
): Promise<Map<SessionKey, SessionRecord>> {
  const found = new Map<SessionKey, SessionRecord>();
  let cursor: string | null = null;
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const page = await store.scan(cursor, PAGE);
    ok(page.sessions.length <= LONGEST_PAGE, `a page of ${PAGE} has ${page.sessions.length} sessions`);
    for (const { key, record } of page.sessions) found.set(key, record);
    cursor = page.cursor;
    if (cursor === null) return found;
    await betweenPages();
  }
  throw new Error(`The scan did not end within ${MOST_PAGES} pages.`);
}
