import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import type { SessionKey } from '../core/session-id.js';
import { isPrincipalIndex, type PrincipalIndex, type SessionStore } from '../core/store/session-store.js';
import { readRecord, newKey, patchOf, recordOf, requiring, times, type Cases } from './contract-records.js';

type IndexedStore = SessionStore & PrincipalIndex;

/** The case of a store with the option `indexesPrincipals: false`. */
export const NO_PRINCIPALS: Cases = {
  'has neither listByPrincipal() nor deleteByPrincipal() with indexesPrincipals: false': async (store) => {
    ok(!isPrincipalIndex(store), 'The store has both methods. Remove the option indexesPrincipals: false.');
  },
};

const INDEX_CASES: Cases<IndexedStore> = {
  'lists the sessions of one principal only, newest first': async (store) => {
    const now = Date.now();
    const mine = times(5, (n) => ({
      key: newKey(),
      record: recordOf({ n: String(n) }, { principal: 'u1', createdAt: now - n }),
    }));
    for (const { key, record } of [mine[3]!, mine[0]!, mine[4]!, mine[1]!, mine[2]!])
      await store.create(key, record);
    await store.create(newKey(), recordOf({}, { principal: 'u2' }));
    await store.create(newKey(), recordOf({}));
    deepStrictEqual(await store.listByPrincipal('u1', now, 100), mine);
    strictEqual((await store.listByPrincipal('u1', now, 3)).length, 3);
    deepStrictEqual(await store.listByPrincipal('u3', now, 100), []);
  },
  'lists no expired and no deleted session': async (store) => {
    const now = Date.now();
    const [live, expired, deleted] = [newKey(), newKey(), newKey()];
    await store.create(live, recordOf({}, { principal: 'u1', expiresAt: now + 500_001 }));
    await store.create(expired, recordOf({}, { principal: 'u1', expiresAt: now + 500_000 }));
    await store.create(deleted, recordOf({}, { principal: 'u1' }));
    await store.delete(deleted);
    deepStrictEqual(await keysOf(store, 'u1', now + 500_000), [live]);
  },
  'lists a session whose expiry was moved': async (store) => {
    const now = Date.now();
    const key = newKey();
    await store.create(key, recordOf({}, { principal: 'u1', expiresAt: now + 500_000 }));
    const principal = { from: 'u1', to: 'u1' };
    strictEqual(await store.patch(key, patchOf({}, { principal, expiresAt: now + 900_000 })), 'applied');
    deepStrictEqual(await keysOf(store, 'u1', now + 800_000), [key]);
  },
  'lists a session under its current principal and key after patches and a rekey': async (store) => {
    const [first, second] = [newKey(), newKey()];
    await store.create(first, recordOf({}));
    strictEqual(await store.patch(first, patchOf({}, { principal: { from: null, to: 'u1' } })), 'applied');
    deepStrictEqual(await keysOf(store, 'u1'), [first]);
    strictEqual(await store.patch(first, patchOf({}, { principal: { from: 'u1', to: 'u2' } })), 'applied');
    deepStrictEqual(await keysOf(store, 'u1'), []);
    deepStrictEqual(await keysOf(store, 'u2'), [first]);
    strictEqual(await store.rekey(first, second, recordOf({}, { principal: 'u3' }), null), 'applied');
    deepStrictEqual(await keysOf(store, 'u2'), []);
    deepStrictEqual(await keysOf(store, 'u3'), [second]);
    strictEqual(await store.patch(second, patchOf({}, { principal: { from: 'u3', to: null } })), 'applied');
    deepStrictEqual(await keysOf(store, 'u3'), []);
  },
  'returns a conflict for a patch that is based on another principal': async (store) => {
    const key = newKey();
    const record = recordOf({ n: '1' }, { principal: 'u1' });
    await store.create(key, record);
    deepStrictEqual(await store.patch(key, patchOf({ n: ['1', '2'] })), { conflict: record });
    deepStrictEqual(await store.patch(key, patchOf({}, { principal: { from: 'u2', to: null } })), {
      conflict: record,
    });
    deepStrictEqual(await readRecord(store, key), record);
  },
  'deletes the sessions of one principal only, except the kept one': async (store) => {
    const mine = times(5, () => newKey());
    const other = newKey();
    for (const key of mine) await store.create(key, recordOf({}, { principal: 'u1' }));
    await store.create(other, recordOf({}, { principal: 'u2' }));
    strictEqual(await store.deleteByPrincipal('u1', mine[2]!), 4);
    deepStrictEqual(await keysOf(store, 'u1'), [mine[2]]);
    strictEqual(await store.deleteByPrincipal('u1', null), 1);
    strictEqual(await store.deleteByPrincipal('u1', null), 0);
    deepStrictEqual(
      await Promise.all(mine.map(async (key) => store.load(key))),
      times(5, () => null),
    );
    ok((await store.load(other)) !== null);
  },
  'deletes a session that moves to another key during deleteByPrincipal(), in 30 races': async (store) => {
    for (let race = 0; race < 30; race++) {
      const principal = `racer ${race}`;
      const [first, second] = [newKey(), newKey()];
      await store.create(first, recordOf({}, { principal }));
      const begin = [
        async () => store.rekey(first, second, recordOf({}, { principal }), 0),
        async () => store.deleteByPrincipal(principal, null),
      ];
      if (race % 2 === 1) begin.reverse();
      await Promise.all(begin.map(async (write) => write()));
      deepStrictEqual([await store.load(first), await store.load(second)], [null, null]);
    }
  },
  'lists every session that survives deleteByPrincipal(), in 30 races with logins': async (store) => {
    for (let race = 0; race < 30; race++) {
      const principal = `login ${race}`;
      const [fresh, former, next] = [newKey(), newKey(), newKey()];
      await store.create(former, recordOf({}));
      await Promise.all([
        store.create(fresh, recordOf({}, { principal })),
        store.rekey(former, next, recordOf({}, { principal }), 0),
        store.deleteByPrincipal(principal, null),
      ]);
      const alive: SessionKey[] = [];
      for (const key of [fresh, next]) if ((await store.load(key)) !== null) alive.push(key);
      deepStrictEqual(new Set(await keysOf(store, principal)), new Set(alive));
    }
  },
  'never changes a record that it has listed': async (store) => {
    const key = newKey();
    const mine = { from: 'u1', to: 'u1' };
    const record = recordOf({ n: '1' }, { principal: 'u1' });
    const later = { touchedAt: record.touchedAt + 5, expiresAt: record.expiresAt + 5, principal: mine };
    await store.create(key, record);
    const listed = await store.listByPrincipal('u1', Date.now(), 100);
    deepStrictEqual(listed, [{ key, record }]);
    strictEqual(await store.patch(key, patchOf({}, later)), 'applied');
    strictEqual(await store.patch(key, patchOf({ n: ['1', '2'] }, later)), 'applied');
    await store.delete(key);
    deepStrictEqual(listed, [{ key, record }]);
  },
  'distinguishes principals of any text': async (store) => {
    const principals = [
      '',
      ' ',
      'a',
      'A',
      'käse 🍪',
      "o'brien",
      'a:b',
      '{a}',
      '*',
      '\u0000',
      'é',
      'e\u0301',
      'a ',
      '\ud800',
      '\ud801',
      '\ufffd',
      'x'.repeat(3000),
    ];
    const keys = principals.map(() => newKey());
    for (const [n, principal] of principals.entries())
      await store.create(keys[n]!, recordOf({}, { principal }));
    for (const [n, principal] of principals.entries())
      deepStrictEqual(await keysOf(store, principal), [keys[n]]);
  },
};

/** Cases of a `PrincipalIndex`. */
export const PRINCIPALS = requiring(
  (store): store is IndexedStore => isPrincipalIndex(store),
  'The store has no listByPrincipal() and deleteByPrincipal(). Set the option indexesPrincipals: false.',
  INDEX_CASES,
);

async function keysOf(store: IndexedStore, principal: string, at = Date.now()): Promise<SessionKey[]> {
  return (await store.listByPrincipal(principal, at, 100)).map(({ key }) => key);
}
