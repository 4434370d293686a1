import { MemorySessionStore, sessionRegistry } from 'nest-session/http';
import { newSessionId, sessionKey, type SessionKey } from '../../lib/core/session-id.js';
import { KeyPages } from '../../lib/stores/memory/key-pages.js';

const SESSIONS = 20_000;
const PAGE = 500;

const newKeys = (count: number): SessionKey[] =>
  Array.from({ length: count }, () => sessionKey(newSessionId()));

class CountedMap extends Map<SessionKey, number> {
  reads = 0;
  override keys(): MapIterator<SessionKey> {
    this.reads++;
    return super.keys();
  }
}

const mapOf = (keys: readonly SessionKey[]): CountedMap => new CountedMap(keys.map((key) => [key, 0]));

/** All pages. `between` runs after each. */
function pagesOf(pages: KeyPages, between: () => void = () => undefined): SessionKey[][] {
  const all: SessionKey[][] = [];
  for (let cursor: SessionKey | null = null; ;) {
    const { page, isLast } = pages.after(cursor, PAGE);
    all.push([...page]);
    if (isLast) return all;
    cursor = page.at(-1)!;
    between();
  }
}

describe('KeyPages', () => {
  it('returns each key once, in pages of the requested length', () => {
    const keys = newKeys(SESSIONS);
    const all = pagesOf(new KeyPages(mapOf(keys)));
    expect(all.flat()).toEqual([...keys].sort());
    expect(all.map((page) => page.length)).toEqual(all.map(() => PAGE));
  });

  it('reads all keys for some of the pages only', () => {
    const map = mapOf(newKeys(SESSIONS));
    const all = pagesOf(new KeyPages(map));
    expect(map.reads).toBeLessThan(all.length / 8);
  });

  it('returns each key that stays, while others are added and deleted', () => {
    const keys = newKeys(SESSIONS);
    const map = mapOf(keys);
    const leaving = keys.slice(0, SESSIONS / 4);
    const all = pagesOf(new KeyPages(map), () => {
      for (const key of leaving.splice(0, 100)) map.delete(key);
      for (const key of newKeys(100)) map.set(key, 1);
    }).flat();
    expect(new Set(all).size).toBe(all.length);
    const found = new Set(all);
    expect(keys.slice(SESSIONS / 4).filter((key) => !found.has(key))).toEqual([]);
  });

  it('returns no key that was deleted before its page', () => {
    const keys = newKeys(3000).sort();
    const map = mapOf(keys);
    const pages = new KeyPages(map);
    const { page } = pages.after(null, PAGE);
    for (const key of keys.slice(PAGE, 2 * PAGE)) map.delete(key);
    expect(pages.after(page.at(-1)!, PAGE).page).toEqual(keys.slice(2 * PAGE, 3 * PAGE));
  });

  it('returns to a scan the keys that were added before it began, also during another one', () => {
    const keys = newKeys(2000).sort();
    const map = mapOf(keys.filter((_, n) => n % 2 === 0));
    const pages = new KeyPages(map);
    pages.after(null, PAGE);
    for (const key of keys) map.set(key, 0);
    expect(pagesOf(pages).flat()).toEqual(keys);
  });

  it('ends where no key is left', () => {
    const map = mapOf(newKeys(10));
    const pages = new KeyPages(map);
    expect(pages.after(null, 10)).toEqual({ page: [...map.keys()].sort(), isLast: true });
    expect(pages.after([...map.keys()].sort().at(-1)!, 10)).toEqual({ page: [], isLast: true });
    expect(new KeyPages(mapOf([])).after(null, 10)).toEqual({ page: [], isLast: true });
  });
});

it('requests are served between the pages of a scan of the memory store', async () => {
  const store = new MemorySessionStore();
  const now = Date.now();
  const record = { createdAt: now, touchedAt: now, expiresAt: now + 60_000, principal: null, revision: 0 };
  for (const key of newKeys(5 * PAGE)) await store.create(key, { ...record, attributes: new Map() });
  let turns = 0;
  let isCounting = true;
  const count = (): void => {
    turns++;
    if (isCounting) setImmediate(count);
  };
  setImmediate(count);
  let sessions = 0;
  for await (const session of sessionRegistry({ store })) sessions += Number(session.handle.length > 0);
  isCounting = false;
  expect(sessions).toBe(5 * PAGE);
  expect(turns).toBeGreaterThanOrEqual(5);
});
