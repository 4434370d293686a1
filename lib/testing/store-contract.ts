import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import type { SessionKey } from '../core/session-key.js';
import { isExpirySweeper, type SessionStore } from '../core/session-store.js';
import {
  attribute,
  attributes,
  held,
  newKey,
  patchOf,
  recordOf,
  times,
  type Questions,
} from './contract-records.js';
import { describeEngineContract } from './engine-contract.js';
import { FakeClock } from './fake-clock.js';
import { askPrincipalIndex, PRINCIPALS } from './principal-contract.js';
import type { TestRunner } from './test-runner.js';

/** What the contract suite needs to know of a store. */
export interface StoreContractOptions {
  /** The functions of the runner at hand. */
  readonly runner: TestRunner;
  /** Makes a store without records, or empties one. Called before each test. */
  readonly create: () => SessionStore | Promise<SessionStore>;
  /** Closes a store. Called after each test. */
  readonly dispose?: (store: SessionStore) => void | Promise<void>;
  /**
   * Whether the store is an `ExpirySweeper`; `false` for one whose server lets expired records go by itself.
   * @defaultValue `true`
   */
  readonly sweeps?: boolean;
  /**
   * Whether the store is a `PrincipalIndex`.
   * @defaultValue `true`
   */
  readonly indexesPrincipals?: boolean;
  /** Spoils what the store holds under a key, so that it can be asked what it makes of that. */
  readonly spoil?: (store: SessionStore, key: SessionKey) => void | Promise<void>;
}

/**
 * Asks a store everything that `SessionStore` promises, with the functions of any test runner.
 *
 * Longer than other files, because it is a list of questions, each with what it takes to ask it.
 *
 * @example
 * ```ts
 * describeStoreContract('MyStore', { runner: { describe, it, beforeEach, afterEach }, create: () => new MyStore() });
 * ```
 */
export function describeStoreContract(
  name: string,
  { runner, create, dispose, sweeps = true, indexesPrincipals = true, spoil }: StoreContractOptions,
): void {
  const { describe, it, beforeEach, afterEach } = runner;
  describe(`${name} keeps the store contract`, () => {
    let store: SessionStore;
    beforeEach(async () => {
      store = await create();
    });
    afterEach(async () => {
      await dispose?.(store);
    });
    const questions = {
      ...LIFE_CYCLE,
      ...NO_RESURRECTION,
      ...NO_LOST_UPDATE,
      ...ODD_DATA,
      ...REKEY,
      ...REVISION,
      ...(sweeps ? SWEEP : {}),
      ...(indexesPrincipals ? askPrincipalIndex(PRINCIPALS) : {}),
      ...(spoil === undefined ? {} : corruptQuestions(spoil)),
    };
    for (const [title, question] of Object.entries(questions)) {
      it(title, () => question(store));
    }
    describeEngineContract(runner, () => store);
  });
}

const LIFE_CYCLE: Questions = {
  'answers null for a key that it never saw': async (store) => {
    strictEqual(await store.load(newKey()), null);
  },
  'gives back a record as it was created': async (store) => {
    const key = newKey();
    const record = recordOf({ userId: '"u1"', cart: '{"items":[1,2],"note":null}' }, { principal: 'u1' });
    strictEqual(await store.create(key, record), 'created');
    deepStrictEqual(await store.load(key), record);
  },
  'keeps records of different keys apart': async (store) => {
    const [one, other] = [newKey(), newKey()];
    await store.create(one, recordOf({ n: '1' }));
    await store.create(other, recordOf({ n: '2' }));
    await store.patch(one, patchOf({ n: ['1', '3'] }));
    strictEqual(await attribute(store, one, 'n'), '3');
    strictEqual(await attribute(store, other, 'n'), '2');
  },
  'never overwrites: create answers collision and leaves the record alone': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({ owner: '"first"' }));
    strictEqual(await store.create(key, recordOf({ owner: '"second"' })), 'collision');
    strictEqual(await attribute(store, key, 'owner'), '"first"');
  },
  'lets exactly one of 20 creates of one key win': async (store) => {
    const key = newKey();
    const answers = await Promise.all(times(20, async (n) => store.create(key, recordOf({ n: String(n) }))));
    strictEqual(answers.filter((answer) => answer === 'created').length, 1);
    strictEqual(await attribute(store, key, 'n'), String(answers.indexOf('created')));
  },
  'sets, replaces and removes attributes in one patch': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({ stay: '1', change: '2', go: '3' }));
    strictEqual(
      await store.patch(key, patchOf({ change: ['2', '20'], go: ['3', null], come: [null, '4'] })),
      'applied',
    );
    deepStrictEqual(await attributes(store, key), { stay: '1', change: '20', come: '4' });
  },
  'moves the expiry with a patch and with a touch, which changes nothing else': async (store) => {
    const key = newKey();
    const record = recordOf({ n: '1' });
    await store.create(key, record);
    const touch = patchOf({}, { touchedAt: record.touchedAt + 10, expiresAt: record.expiresAt + 10 });
    strictEqual(await store.patch(key, touch), 'applied');
    deepStrictEqual(await store.load(key), {
      ...record,
      touchedAt: touch.touchedAt,
      expiresAt: touch.expiresAt,
    });
  },
  'deletes, and says so once': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({}));
    strictEqual(await store.delete(key), 'deleted');
    strictEqual(await store.load(key), null);
    strictEqual(await store.delete(key), 'missing');
  },
  'is not changed by what callers do to the objects they gave and got': async (store) => {
    const key = newKey();
    const given = recordOf({ n: '1' });
    await store.create(key, given);
    (given.attributes as Map<string, string>).set('n', '2');
    const got = await held(store, key);
    ok(got !== null);
    strictEqual(got.attributes.get('n'), '1');
  },
};

const NO_RESURRECTION: Questions = {
  'never creates: a patch, a touch and a rekey of a deleted record answer missing and leave nothing': async (
    store,
  ) => {
    const [key, other] = [newKey(), newKey()];
    await store.create(key, recordOf({ n: '1' }));
    await store.delete(key);
    strictEqual(await store.patch(key, patchOf({ n: ['1', '2'] })), 'missing');
    strictEqual(await store.patch(key, patchOf({})), 'missing');
    strictEqual(await store.rekey(key, other, recordOf({ n: '1' }), null), 'missing');
    strictEqual(await store.load(key), null);
    strictEqual(await store.load(other), null);
  },
  'brings no session back in 50 races of patches with a delete': async (store) => {
    for (let race = 0; race < 50; race++) {
      const key = newKey();
      await store.create(key, recordOf({}));
      await Promise.all([
        store.patch(key, patchOf({ a: [null, '1'] })),
        store.delete(key),
        store.patch(key, patchOf({ b: [null, '2'] })),
        store.patch(key, patchOf({})),
      ]);
      strictEqual(await store.load(key), null);
    }
  },
};

/** Numbers come first in an object, wherever they were put. */
const NAMES: readonly string[] = ['a', 'b', '7'];
const ORDERS = NAMES.flatMap((one) =>
  NAMES.flatMap((two) =>
    NAMES.filter((last) => new Set([one, two, last]).size === 3).map((last) => [one, two, last]),
  ),
);
const SUBSETS = Array.from({ length: 2 ** NAMES.length }, (_, bits) =>
  NAMES.filter((_name, at) => (bits >> at) & 1),
);

const NO_LOST_UPDATE: Questions = {
  'keeps all of 100 patches at once that each set another attribute': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({}));
    const answers = await Promise.all(
      times(100, async (n) => store.patch(key, patchOf({ [`k${n}`]: [null, String(n)] }))),
    );
    deepStrictEqual(new Set(answers), new Set(['applied']));
    deepStrictEqual(
      await attributes(store, key),
      Object.fromEntries(times(100, (n) => [`k${n}`, String(n)])),
    );
  },
  'applies nothing of a patch that was based on other values, and answers with what it holds': async (
    store,
  ) => {
    const key = newKey();
    const record = recordOf({ cart: '{"a":1}', theme: '"dark"' });
    await store.create(key, record);
    const late = await store.patch(key, patchOf({ theme: ['"dark"', '"light"'], cart: ['{}', '{"b":2}'] }));
    deepStrictEqual(late, { conflict: record });
    deepStrictEqual(await store.load(key), record);
  },
  'takes an attribute that appeared, or is gone, for a conflict': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({ here: '1' }));
    ok(typeof (await store.patch(key, patchOf({ here: [null, '2'] }))) === 'object');
    ok(typeof (await store.patch(key, patchOf({ gone: ['1', '2'] }))) === 'object');
    ok(typeof (await store.patch(key, patchOf({ gone: ['1', null] }))) === 'object');
  },
  'sets and removes attributes in whatever order a patch names them': async (store) => {
    const attributes = new Map(NAMES.map((name) => [name, `"old ${name}"`]));
    for (const order of ORDERS) {
      for (const removed of SUBSETS) {
        const key = newKey();
        await store.create(key, recordOf({}, { attributes }));
        const toOf = (name: string) => (removed.includes(name) ? null : `"new ${name}"`);
        const changes = new Map(order.map((name) => [name, { from: `"old ${name}"`, to: toOf(name) }]));
        strictEqual(await store.patch(key, patchOf({}, { changes })), 'applied');
        const left = order.filter((name) => !removed.includes(name));
        deepStrictEqual(
          new Map([...((await held(store, key))?.attributes ?? [])].sort()),
          new Map(left.sort().map((name) => [name, `"new ${name}"`])),
        );
      }
    }
  },
  'never changes a record that it has given out': async (store) => {
    const key = newKey();
    const record = recordOf({ n: '1', theme: '"dark"' });
    await store.create(key, record);
    const loaded = await store.load(key);
    const late = await store.patch(key, patchOf({ n: ['0', '5'] }));
    strictEqual(await store.patch(key, patchOf({ n: ['1', '2'], theme: ['"dark"', null] })), 'applied');
    deepStrictEqual(loaded, record);
    deepStrictEqual(late, { conflict: record });
  },
  'insists on an attribute that a patch names without changing it': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({ n: '1' }));
    strictEqual(await store.patch(key, patchOf({ n: ['1', '1'], absent: [null, null] })), 'applied');
    ok(typeof (await store.patch(key, patchOf({ n: ['2', '2'], m: [null, '1'] }))) === 'object');
    deepStrictEqual(await attributes(store, key), { n: '1' });
  },
  'lets exactly one of 20 patches with the same base win': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({ n: '"base"' }));
    const answers = await Promise.all(
      times(20, async (n) => store.patch(key, patchOf({ n: ['"base"', String(n)] }))),
    );
    strictEqual(answers.filter((answer) => answer === 'applied').length, 1);
  },
};

/** Names and values that trip those who build keys, queries or objects from them. */
const ODD_NAMES = [
  '',
  ' ',
  '__proto__',
  'constructor',
  'toString',
  'a.b',
  'a:b',
  '$set',
  '$$x',
  '%00',
  "'; DROP TABLE x; --",
  '"',
  '\\',
  '\n',
  '\u0000',
  'käse',
  '日本',
  '🍪',
  '{}',
  '*',
  '0',
  '-1',
];
const ODD_TEXTS = [
  'null',
  'false',
  '0',
  '""',
  '[]',
  '{}',
  '"\\u0000"',
  '"\\ud800"',
  '"日本 🍪"',
  '{"__proto__":{"x":1}}',
  '" quoted \\" and \\\\ "',
  '1e21',
  `"${'x'.repeat(70_000)}"`,
  '{ "b" : 1,  "a" : 2 }',
];

const ODD_DATA: Questions = {
  'keeps attributes of any name': async (store) => {
    const key = newKey();
    const created = recordOf(Object.fromEntries(ODD_NAMES.slice(0, 8).map((name) => [name, '1'])));
    const withProto = { ...created, attributes: new Map([...created.attributes, ['__proto__', '1']]) };
    await store.create(key, withProto);
    const changes = new Map(
      ODD_NAMES.map((name) => [
        name,
        { from: withProto.attributes.get(name) ?? null, to: JSON.stringify(name) },
      ]),
    );
    strictEqual(await store.patch(key, { ...patchOf({}), changes }), 'applied');
    const record = await held(store, key);
    deepStrictEqual(
      new Set(record?.attributes),
      new Set(ODD_NAMES.map((name) => [name, JSON.stringify(name)] as const)),
    );
  },
  'keeps the text of every value to the last character': async (store) => {
    const key = newKey();
    const values = Object.fromEntries(ODD_TEXTS.map((text, n) => [`v${n}`, text]));
    await store.create(key, recordOf(values));
    deepStrictEqual(await attributes(store, key), values);
  },
  'keeps a principal of any text, and none': async (store) => {
    for (const principal of ['u1', 'käse 🍪', "o'brien", '', null]) {
      const key = newKey();
      await store.create(key, recordOf({}, { principal }));
      strictEqual((await held(store, key))?.principal, principal);
    }
  },
  'keeps 1000 attributes in one record': async (store) => {
    const key = newKey();
    const values = Object.fromEntries(times(1000, (n) => [`n${n}`, String(n)]));
    await store.create(key, recordOf(values));
    deepStrictEqual(await attributes(store, key), values);
  },
};

const REKEY: Questions = {
  'moves to another key in one step: the old one is gone, the new one holds the new record': async (
    store,
  ) => {
    const [from, to] = [newKey(), newKey()];
    const next = recordOf({ userId: '"u1"' }, { principal: 'u1' });
    await store.create(from, recordOf({ cart: '[]' }));
    strictEqual(await store.rekey(from, to, next, null), 'applied');
    strictEqual(await store.load(from), null);
    deepStrictEqual(await store.load(to), next);
  },
  'does not rekey onto a key in use': async (store) => {
    const [from, to] = [newKey(), newKey()];
    await store.create(from, recordOf({ n: '1' }));
    await store.create(to, recordOf({ n: '2' }));
    strictEqual(await store.rekey(from, to, recordOf({ n: '3' }), null), 'collision');
    strictEqual(await attribute(store, from, 'n'), '1');
    strictEqual(await attribute(store, to, 'n'), '2');
  },
  'lets exactly one of 10 rekeys of one record win': async (store) => {
    const from = newKey();
    const targets = times(10, () => newKey());
    await store.create(from, recordOf({}));
    const answers = await Promise.all(targets.map(async (to) => store.rekey(from, to, recordOf({}), null)));
    strictEqual(answers.filter((answer) => answer === 'applied').length, 1);
    const records = await Promise.all(targets.map(async (to) => store.load(to)));
    strictEqual(records.filter((record) => record !== null).length, 1);
  },
};

const REVISION: Questions = {
  'counts the patches that change anything, and no others': async (store) => {
    const key = newKey();
    await store.create(key, recordOf({ n: '1' }, { revision: 7 }));
    const revisions = [(await held(store, key))?.revision];
    for (const patch of [
      patchOf({}),
      patchOf({ n: ['1', '1'] }),
      patchOf({ n: ['0', '2'] }),
      patchOf({ n: ['1', '2'] }),
      patchOf({}, { principal: { from: null, to: 'u1' } }),
    ]) {
      await store.patch(key, patch);
      revisions.push((await held(store, key))?.revision);
    }
    deepStrictEqual(revisions, [7, 7, 7, 7, 8, 9]);
  },
  'does not rekey a record of another revision, and answers with what it holds': async (store) => {
    const [from, to] = [newKey(), newKey()];
    await store.create(from, recordOf({ n: '1' }));
    await store.patch(from, patchOf({ other: [null, '2'] }));
    const now = await held(store, from);
    ok(now !== null);
    deepStrictEqual(await store.rekey(from, to, recordOf({}), 0), { conflict: now });
    strictEqual(await store.load(to), null);
    deepStrictEqual(await store.load(from), now);
    strictEqual(await store.rekey(from, to, recordOf({ n: '3' }), now.revision), 'applied');
    deepStrictEqual(await attributes(store, to), { n: '3' });
  },
  'loses no patch to a rekey in 20 races': async (store) => {
    for (let race = 0; race < 20; race++) {
      const [from, to] = [newKey(), newKey()];
      await store.create(from, recordOf({}));
      const [moved, patched] = await Promise.all([
        store.rekey(from, to, recordOf({}), 0),
        store.patch(from, patchOf({ n: [null, '1'] })),
      ]);
      if (moved === 'applied') strictEqual(patched, 'missing');
      else {
        strictEqual(patched, 'applied');
        deepStrictEqual(await attributes(store, from), { n: '1' });
        strictEqual(await store.load(to), null);
      }
    }
  },
};

function corruptQuestions(spoil: NonNullable<StoreContractOptions['spoil']>): Questions {
  return {
    'tells a record that cannot be read from one that is missing, and can delete it': async (store) => {
      const [key, other] = [newKey(), newKey()];
      await store.create(key, recordOf({ n: '1' }, { principal: 'spoiled' }));
      await spoil(store, key);
      strictEqual(await store.load(key), 'corrupt');
      strictEqual(await store.create(key, recordOf({})), 'collision');
      strictEqual(await store.patch(key, patchOf({})), 'missing');
      strictEqual(await store.patch(key, patchOf({ n: ['1', '2'] })), 'missing');
      strictEqual(await store.rekey(key, other, recordOf({}), null), 'missing');
      strictEqual(await store.load(key), 'corrupt');
      strictEqual(await store.delete(key), 'deleted');
      strictEqual(await store.load(key), null);
    },
  };
}

const SWEEP: Questions = {
  'removes what was over at the given instant, in batches, and nothing else': async (store) => {
    ok(isExpirySweeper(store), 'the store has no deleteExpired(): tell the contract with sweeps: false');
    const clock = new FakeClock();
    const records = times(12, (n) => ({
      key: newKey(),
      record: recordOf({}, { expiresAt: clock.now() + 1_000_000 + n }),
    }));
    for (const { key, record } of records) await store.create(key, record);
    const before = clock.now() + 1_000_000 + 9;
    strictEqual(await store.deleteExpired(before, 4), 4);
    strictEqual(await store.deleteExpired(before, 100), 6);
    strictEqual(await store.deleteExpired(before, 100), 0);
    const left = await Promise.all(records.map(async ({ key }) => store.load(key)));
    deepStrictEqual(
      left.map((record) => record !== null),
      times(12, (n) => n >= 10),
    );
  },
  'does not sweep by an expiry that was moved, nor by that of a record that was deleted': async (store) => {
    ok(isExpirySweeper(store), 'the store has no deleteExpired(): tell the contract with sweeps: false');
    const [moved, deleted] = [newKey(), newKey()];
    const soon = recordOf({}, { expiresAt: Date.now() + 1_000_000 });
    await store.create(moved, soon);
    await store.create(deleted, soon);
    await store.patch(moved, { ...patchOf({}), expiresAt: soon.expiresAt + 5_000 });
    await store.delete(deleted);
    strictEqual(await store.deleteExpired(soon.expiresAt + 1_000, 100), 0);
    ok((await store.load(moved)) !== null);
  },
};
