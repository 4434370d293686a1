import type { SessionKey, SessionRecord } from 'nest-session';
import type { PrincipalLimit, StoredSession, WriteTerms } from '../../../lib/core/store/session-store.js';
import type { SqlBench, SqlStore } from './sql-behaviour.js';
import { newKey, newTable, patchOf, recordOf, times } from './sql.js';
import { OLD_SESSIONS } from './version-1.js';

/** An SQL bench that can create a table as the first version of this package did. */
export interface SqlPowersBench extends SqlBench {
  version1(table: string): string;
}

const REALM = 'default';
const login: WriteTerms = { realm: REALM, isLogin: true, limit: null };
const move: WriteTerms = { realm: REALM, isLogin: false, limit: null };

const limited = (most: number, whenReached: PrincipalLimit['whenReached'] = 'evict-oldest'): WriteTerms => ({
  realm: REALM,
  isLogin: true,
  limit: { most, whenReached, at: 0 },
});

const of = (principal: string, over: Partial<SessionRecord> = {}): SessionRecord =>
  recordOf({ n: '1' }, { principal, ...over });

/** Tests of epochs, limits and scans over several connections, and of the schema that they need. */
export function describeSqlPowers(name: string, bench: SqlPowersBench): void {
  describe(`${name}, with epochs and limits,`, () => {
    let table: string;
    const stores: SqlStore[] = [];
    const open = (options?: { readonly migrate?: boolean }): SqlStore => {
      const store = bench.open(table, options);
      stores.push(store);
      return store;
    };
    beforeEach(() => {
      table = newTable();
    });
    afterEach(async () => {
      await Promise.all(stores.splice(0).map((store) => store.close()));
      await bench.drop(table);
    });
    const context = {
      open,
      bench,
      tableName: () => table,
      keep: (store: SqlStore) => void stores.push(store),
    };
    describeMigration(context);
    describeEpochs(context);
    describeLimits(context);
    describeScan(context);
  });
}

interface Context {
  readonly open: (options?: { readonly migrate?: boolean }) => SqlStore;
  readonly bench: SqlPowersBench;
  readonly tableName: () => string;
  readonly keep: (store: SqlStore) => void;
}

function describeMigration({ open, bench, tableName, keep }: Context): void {
  const [mine, other] = [OLD_SESSIONS.mine, OLD_SESSIONS.other] as SessionKey[] as [SessionKey, SessionKey];

  it('migrates a table of version 1 on five nodes concurrently, and keeps its sessions', async () => {
    await bench.run(bench.version1(tableName()));
    const nodes = times(5, () => open());
    const found = await Promise.all(nodes.map((node) => node.load(mine, REALM)));
    const record = {
      ...{ createdAt: 1000, touchedAt: 2000, expiresAt: 8_640_000_000_000_000, revision: 3 },
      ...{ principal: 'alice', attributes: new Map([...([['cart', '[1]']] as const), ['$cookie', '{}']]) },
    };
    expect(found).toEqual(times(5, () => record));
    await Promise.all(nodes.map((node) => node.migrate()));
    const principal = { from: 'alice', to: 'alice' };
    expect(await nodes[0]!.patch(mine, patchOf({ cart: ['[1]', '[2]'] }, { principal }))).toBe('applied');
    expect(await nodes[1]!.rekey(other, newKey(), of('alice'), 0, limited(1))).toMatchObject({
      evicted: [{ key: mine }],
    });
    expect(await nodes[2]!.advanceEpoch(REALM)).toBe(1);
    expect(await nodes[3]!.listByPrincipal('alice', 0, 10)).toHaveLength(1);
  });

  it('migrates a table of version 1 by schemaSql(), for stores with migrate: false', async () => {
    await bench.run(bench.version1(tableName()));
    const store = open({ migrate: false });
    await expect(store.load(mine)).rejects.toThrow();
    await bench.run(bench.schemaSql(tableName()));
    expect(await store.load(mine, REALM)).toMatchObject({ principal: 'alice', revision: 3 });
    expect(await store.create(newKey(), of('alice'), limited(1))).toMatchObject({ evicted: [{ key: mine }] });
    expect(await store.advanceEpoch(REALM)).toBe(1);
    expect(await store.load(other, REALM)).toBe('revoked');
  });

  it('creates the table of epochs again when it was dropped', async () => {
    const store = open();
    expect(await store.advanceEpoch(REALM)).toBe(1);
    await bench.run(`DROP TABLE ${tableName()}_epochs;`);
    const key = newKey();
    expect(await store.create(key, of('u'), login)).toBe('created');
    expect(await store.epoch(REALM)).toBe(0);
    await bench.run(`DROP TABLE ${tableName()}_epochs;`);
    expect(await open().advanceEpoch(REALM)).toBe(1);
    expect(await store.load(key, REALM)).toBe('revoked');
  });

  it('sends one statement per operation with a realm', async () => {
    const { store, texts } = bench.countedStore(tableName());
    keep(store);
    await store.migrate();
    const [key, next, last] = [newKey(), newKey(), newKey()];
    texts.length = 0;
    await store.create(key, of('u'), move);
    await store.load(key, REALM);
    await store.rekey(key, next, of('u'), 0, login);
    await store.rekey(next, last, of('u'), 0, move);
    await store.epoch(REALM);
    expect(texts).toHaveLength(5);
  });
}

function describeEpochs({ open }: Context): void {
  it('counts each of 20 concurrent advances, of any realm', async () => {
    const nodes = [open(), open()];
    for (const realm of ['a', 'A', 'a ', 'ä', '\ud800', 'x'.repeat(5000)]) {
      const epochs = await Promise.all(times(20, (n) => nodes[n % 2]!.advanceEpoch(realm)));
      expect(epochs.sort((one, other) => one - other)).toEqual(times(20, (n) => n + 1));
      expect(await nodes[0]!.epoch(realm)).toBe(20);
    }
  });

  it('refuses what was created before an advance began, and nothing later, in 20 races', async () => {
    const [one, other] = [open(), open()];
    for (let race = 0; race < 20; race++) {
      const [before, after] = [newKey(), newKey()];
      await one.create(before, of('u'), login);
      const during = times(4, () => one.create(newKey(), of('u'), login));
      await other.advanceEpoch(REALM);
      await one.create(after, of('u'), login);
      await Promise.all(during);
      expect(await one.load(before, REALM)).toBe('revoked');
      expect(await one.load(after, REALM)).toMatchObject({ principal: 'u' });
    }
  });
}

function describeLimits({ open }: Context): void {
  it.each(['evict-oldest', 'evict-least-recent', 'reject'] as const)(
    'leaves 3 sessions after 50 concurrent logins on 3 nodes with %s',
    async (whenReached) => {
      const nodes = times(3, () => open());
      const visitors = times(25, () => newKey());
      for (const key of visitors) await nodes[0]!.create(key, recordOf({}), move);
      const terms = limited(3, whenReached);
      const results = await Promise.all([
        ...visitors.map((from, n) => nodes[n % 3]!.rekey(from, newKey(), of('u'), 0, terms)),
        ...times(25, (n) => nodes[n % 3]!.create(newKey(), of('u'), terms)),
      ]);
      const live = await nodes[0]!.listByPrincipal('u', 0, 100);
      expect(live).toHaveLength(3);
      const evicted = results.flatMap((result) =>
        typeof result === 'object' && 'evicted' in result ? result.evicted : [],
      );
      const refused = results.filter((result) => result === 'limit');
      expect(evicted.length + refused.length).toBe(47);
      expect(whenReached === 'reject' ? evicted : refused).toEqual([]);
      expect(new Set([...evicted, ...live].map(({ key }) => key)).size).toBe(evicted.length + 3);
    },
  );

  it('removes a session that moves to another key meanwhile, in 30 races', async () => {
    const [one, other] = [open(), open()];
    for (let race = 0; race < 30; race++) {
      const principal = `racer ${race}`;
      const [victim, moved, fresh] = [newKey(), newKey(), newKey()];
      await one.create(victim, of(principal, { createdAt: 5 }), login);
      await Promise.all([
        other.rekey(victim, moved, of(principal, { createdAt: 5 }), null, move),
        one.create(fresh, of(principal), limited(1)),
      ]);
      const live = await one.listByPrincipal(principal, 0, 10);
      expect(live.map(({ key }) => key)).toEqual([fresh]);
    }
  });
}

function describeScan({ open, bench, tableName }: Context): void {
  it('lists every session once over pages of 7, but for rows that cannot be read', async () => {
    const store = open();
    const keys = times(30, () => newKey());
    for (const [n, key] of keys.entries())
      await store.create(key, n % 3 === 0 ? recordOf({}) : of(`u${n}`, { expiresAt: n + 1 }));
    await bench.run(`UPDATE ${tableName()} SET attributes = '[]' WHERE session_key = '${keys[9]}';`);
    const found: StoredSession[] = [];
    const sizes: number[] = [];
    let cursor: string | null = null;
    do {
      const page = await store.scan(cursor, 7);
      found.push(...page.sessions);
      sizes.push(page.sessions.length);
      cursor = page.cursor;
      if (sizes.length === 1) await store.delete(found[0]!.key);
    } while (cursor !== null);
    expect(found.map(({ key }) => key).sort()).toEqual(keys.filter((_, n) => n !== 9).sort());
    expect(sizes).toHaveLength(5);
    for (const { key, record } of found.slice(1)) expect(record).toEqual(await store.load(key));
  });
}
