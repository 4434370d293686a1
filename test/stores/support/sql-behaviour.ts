import type { ExpirySweeper, PrincipalIndex, SessionKey, SessionStore } from 'nest-session';
import type { SessionEpochs, SessionScan } from '../../../lib/core/store/store-powers.js';
import type { SqlClient } from '../../../lib/stores/sql/sql-client.js';
import type { SqlSessionStore } from '../../../lib/stores/sql/sql-session-store.js';
import { newKey, newTable, patchOf, recordOf, times } from './sql.js';

type Operation =
  keyof (SessionStore & ExpirySweeper & PrincipalIndex & SessionEpochs & SessionScan) | 'migrate' | 'close';

/** The part of an SQL store that these tests use. */
export type SqlStore = Pick<SqlSessionStore<SqlClient>, Operation>;

/** One way to connect to a database. */
export interface SqlBench {
  /** A store with a separate connection or pool. */
  open(table: string, options?: { readonly migrate?: boolean }): SqlStore;
  /** Runs SQL without the store, one statement or several. */
  run(text: string): Promise<void>;
  /** Drops a table if it exists. */
  drop(table: string): Promise<void>;
  /** Records the texts of the statements that a store sends from now on. */
  countedStore(table: string): { readonly store: SqlStore; readonly texts: string[] };
  /** The SQL that creates a table. */
  schemaSql(table: string): string;
}

/** Tests for every SQL store, in addition to the store contract. */
export function describeSqlBehaviour(name: string, bench: SqlBench): void {
  describe(`${name}, as every SQL store,`, () => {
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

    it('creates its table on five nodes concurrently, and again when it exists', async () => {
      const nodes = times(5, () => open());
      await Promise.all(nodes.map((node) => node.migrate()));
      await Promise.all(nodes.map((node) => node.migrate()));
      const keys = nodes.map(() => newKey());
      await Promise.all(nodes.map((node, n) => node.create(keys[n]!, recordOf({ n: String(n) }))));
      for (const key of keys) expect(await nodes[0]!.load(key)).toMatchObject({ revision: 0 });
    });

    it('creates its table at first use, on several nodes concurrently, for any number of calls', async () => {
      const nodes = times(4, () => open());
      const answers = await Promise.all(
        nodes.flatMap((node) => times(5, () => node.create(newKey(), recordOf({})))),
      );
      expect(new Set(answers)).toEqual(new Set(['created']));
    });

    it('creates no table with migrate: false, and works with a table from schemaSql()', async () => {
      const store = open({ migrate: false });
      await expect(store.load(newKey())).rejects.toThrow();
      await bench.run(bench.schemaSql(table));
      const key = newKey();
      expect(await store.create(key, recordOf({ n: '1' }))).toBe('created');
      expect(await store.patch(key, patchOf({ n: ['1', '2'] }))).toBe('applied');
      expect(await open().load(key)).toMatchObject({ attributes: new Map([['n', '2']]) });
    });

    it('creates its table again when it was dropped', async () => {
      const store = open();
      await store.create(newKey(), recordOf({}));
      await bench.run(`DROP TABLE ${table};`);
      const keys = times(8, () => newKey());
      const answers = await Promise.all(keys.map((key) => store.create(key, recordOf({ n: '1' }))));
      expect(new Set(answers)).toEqual(new Set(['created']));
      expect(await store.load(keys[0]!)).not.toBeNull();
      const unmigrated = open({ migrate: false });
      await bench.run(`DROP TABLE ${table};`);
      await expect(unmigrated.load(keys[0]!)).rejects.toThrow(/no such table|does not exist|doesn't exist/);
    });

    it('sends one statement per operation', async () => {
      const { store, texts } = bench.countedStore(table);
      stores.push(store);
      await store.migrate();
      const [key, next] = [newKey(), newKey()];
      const counts: Record<string, number> = {};
      const counted = async (operation: string, call: () => Promise<unknown>): Promise<void> => {
        texts.length = 0;
        await call();
        counts[operation] = texts.length;
      };
      await counted('create', () => store.create(key, recordOf({ n: '1', m: '1' }, { principal: 'u' })));
      await counted('load', () => store.load(key));
      const principal = { from: 'u', to: 'u' };
      await counted('touch', () => store.patch(key, patchOf({}, { principal })));
      await counted('patch', () =>
        store.patch(key, patchOf({ n: ['1', '2'], m: ['1', null], l: [null, '1'] }, { principal })),
      );
      await counted('rekey', () => store.rekey(key, next, recordOf({}, { principal: 'u' }), 1));
      await counted('list', () => store.listByPrincipal('u', 0, 10));
      await counted('deleteByPrincipal', () => store.deleteByPrincipal('u', next));
      await counted('delete', () => store.delete(next));
      const once = { create: 1, load: 1, touch: 1, patch: 1, rekey: 1, list: 1 };
      expect(counts).toEqual({ ...once, deleteByPrincipal: 1, delete: 1 });
    });

    it('returns applied for a touch that changes nothing', async () => {
      const store = open();
      const key = newKey();
      const record = recordOf({ n: '1' });
      await store.create(key, record);
      const { touchedAt, expiresAt } = record;
      const same = patchOf({ n: ['1', '1'] }, { touchedAt, expiresAt });
      expect(await store.patch(key, same)).toBe('applied');
      expect(await store.patch(key, same)).toBe('applied');
      expect(await store.load(key)).toEqual(record);
    });

    it('compares exactly: case, accents, spaces, escapes', async () => {
      const store = open();
      const key = newKey();
      const texts = [
        '"a"',
        '"A"',
        '"ä"',
        '"a "',
        '"a" ',
        '"\\u0061"',
        '"a\\u0308"',
        '"\\\\"',
        '"/"',
        '"\\/"',
      ];
      for (const held of texts) {
        await store.create(key, recordOf({ n: held }));
        for (const other of texts.filter((text) => text !== held))
          expect(await store.patch(key, patchOf({ n: [other, '1'] }))).toHaveProperty('conflict');
        expect(await store.patch(key, patchOf({ n: [held, '1'] }))).toBe('applied');
        await store.delete(key);
      }
    });

    it('keeps texts with many escapes, long ones and names of all kinds through patches', async () => {
      const store = open();
      const key = newKey();
      const texts = [
        JSON.stringify('\\'.repeat(3000) + '"'.repeat(3000)),
        JSON.stringify(String.fromCharCode(...times(128, (n) => n), 0x2028, 0xd83c, 0xdf6a, 0xd800)),
        JSON.stringify({ a: ['\\u0041', "it's", '%_?$1', null] }),
        `"${'ü🍪'.repeat(30_000)}"`,
      ];
      const names = ['~', '~0000', '~~', "a'b", 'a"b', 'a`b', '$."a"', '?', ':x', '%', 'x'.repeat(300)];
      let held: Record<string, string> = {};
      await store.create(key, recordOf(held));
      for (const [n, text] of texts.entries()) {
        const next = Object.fromEntries(names.map((name, m) => [name, m % 2 === n % 2 ? text : `${n}`]));
        const changes = Object.fromEntries(
          names.map((name): [string, [string | null, string]] => [name, [held[name] ?? null, next[name]!]]),
        );
        expect(await store.patch(key, patchOf(changes))).toBe('applied');
        expect(await store.load(key)).toMatchObject({ attributes: new Map(Object.entries(next)) });
        held = next;
      }
    });

    it('applies 1500 changes in one patch', async () => {
      const store = open();
      const key = newKey();
      await store.create(key, recordOf({ n0: 'null' }));
      const changes = Object.fromEntries(
        times(1500, (n): [string, [string | null, string]] => [`n${n}`, [n === 0 ? 'null' : null, `${n}`]]),
      );
      expect(await store.patch(key, patchOf(changes))).toBe('applied');
      expect(await store.load(key)).toMatchObject({ attributes: { size: 1500 } });
    });

    it('distinguishes principals and keys with differences that databases often ignore', async () => {
      const store = open();
      const principals = [
        ...['a', 'a ', 'a  ', 'A', '\u00e1', 'a\u0301', '\\u0020', '\\', '\ud800', '\0'],
        'x'.repeat(9000),
      ];
      const filed = principals.map((principal) => ({ key: newKey(), record: recordOf({}, { principal }) }));
      for (const { key, record } of filed) expect(await store.create(key, record)).toBe('created');
      for (const one of filed)
        expect(await store.listByPrincipal(one.record.principal!, 0, 10)).toEqual([one]);
      const keys = ['k', 'K', 'k '].map((key) => `${'x'.repeat(298)}${key}` as SessionKey);
      for (const key of keys) expect(await store.create(key, recordOf({}))).toBe('created');
      expect(await store.deleteByPrincipal('a ', null)).toBe(1);
    });

    it('deletes all sessions of a principal during rekeys of each, in 30 races', async () => {
      const [mover, remover] = [open(), open()];
      for (let race = 0; race < 30; race++) {
        const principal = `racer ${race}`;
        const moves = times(8, () => [newKey(), newKey()] as const);
        for (const [from] of moves) await mover.create(from, recordOf({}, { principal }));
        await Promise.all([
          ...moves.slice(0, 4).map(([from, to]) => mover.rekey(from, to, recordOf({}, { principal }), null)),
          remover.deleteByPrincipal(principal, null),
          ...moves.slice(4).map(([from, to]) => mover.rekey(from, to, recordOf({}, { principal }), null)),
        ]);
        expect(await mover.listByPrincipal(principal, 0, 100)).toEqual([]);
        for (const [, to] of moves) expect(await mover.load(to)).toBeNull();
      }
    });

    it('sweeps 2500 expired sessions, in batches, and no others', async () => {
      const store = open();
      const now = Date.now();
      const [live, over] = [newKey(), times(2500, () => newKey())];
      await store.create(live, recordOf({}, { expiresAt: now + 1 }));
      const record = recordOf({}, { expiresAt: now });
      while (over.length > 0) await Promise.all(over.splice(0, 500).map((key) => store.create(key, record)));
      const counts: number[] = [];
      do counts.push(await store.deleteExpired(now, 1000));
      while (counts.at(-1) === 1000);
      expect(counts).toEqual([1000, 1000, 500]);
      expect(await store.load(live)).not.toBeNull();
    });

    it('stores a session without expiry', async () => {
      const store = open();
      const key = newKey();
      const record = recordOf({}, { expiresAt: 8_640_000_000_000_000 });
      await store.create(key, record);
      expect(await store.load(key)).toEqual(record);
    });

    it('finishes pending operations before it closes, and rejects later ones', async () => {
      const store = open();
      await store.migrate();
      const keys = times(30, () => newKey());
      const creates = keys.map((key) => store.create(key, recordOf({})));
      await Promise.all([store.close(), store.close()]);
      expect(new Set(await Promise.all(creates))).toEqual(new Set(['created']));
      await expect(store.load(keys[0]!)).rejects.toThrow(/SessionStore is closed/);
      const other = open();
      for (const key of keys) expect(await other.load(key)).not.toBeNull();
    });
  });
}
