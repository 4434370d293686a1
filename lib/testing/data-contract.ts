import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import type { SessionKey } from '../core/session-id.js';
import { NEVER } from '../core/store/session-record.js';
import {
  attribute,
  attributes,
  readRecord,
  newKey,
  patchOf,
  type Cases,
  recordOf,
} from './contract-records.js';
import type { SessionStore } from '../core/store/session-store.js';

/** Values that break code that builds queries or objects from them. */
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

type Texts = [string, string, string, string];

/** Cases: values, principals, keys and instants are loaded unchanged. */
export const ODD_DATA: Cases = {
  'keeps the text of every value unchanged': async (store) => {
    const key = newKey();
    const values = Object.fromEntries(ODD_TEXTS.map((text, n) => [`v${n}`, text]));
    await store.create(key, recordOf(values));
    deepStrictEqual(await attributes(store, key), values);
  },
  'keeps a principal of any text, and null': async (store) => {
    for (const principal of ['u1', 'käse 🍪', "o'brien", '', null]) {
      const key = newKey();
      await store.create(key, recordOf({}, { principal }));
      strictEqual((await readRecord(store, key))?.principal, principal);
    }
  },
  'keeps values of more than 1 MiB unchanged, and compares them completely': async (store) => {
    const [key, other] = [newKey(), newKey()];
    const stem = 'x'.repeat(1_048_576 + 4_096);
    const [first, second, third, never] = ['é1', 'é2', 'é3', 'é0'].map((end) => `"${stem}${end}"`) as Texts;
    const isHeld = async (key: SessionKey, text: string) => (await attribute(store, key, 'long')) === text;
    await store.create(key, recordOf({ long: first }));
    ok(await isHeld(key, first), 'create shortened a value');
    const late = await store.patch(key, patchOf({ long: [never, second] }));
    strictEqual(typeof late, 'object', 'patch compared only a part of a value');
    strictEqual(await store.patch(key, patchOf({ long: [first, second] })), 'applied');
    ok(await isHeld(key, second), 'patch shortened a value');
    strictEqual(await store.rekey(key, other, recordOf({ long: third }), null), 'applied');
    ok(await isHeld(other, third), 'rekey shortened a value');
  },
  'keeps any expiry to the millisecond, up to the last instant that a Date can hold': async (store) => {
    const now = Date.now();
    const year = 365 * 86_400_000;
    for (const expiresAt of [
      now + 1_234_567,
      now + 2 * year + 1,
      0x7fffffff * 1000 + 1,
      2 ** 43 + 1,
      NEVER - 1,
      NEVER,
    ]) {
      const [key, patched] = [newKey(), newKey()];
      await store.create(key, recordOf({}, { expiresAt }));
      strictEqual((await readRecord(store, key))?.expiresAt, expiresAt);
      await store.create(patched, recordOf({ n: '1' }));
      strictEqual(await store.patch(patched, patchOf({ n: ['1', '2'] }, { expiresAt })), 'applied');
      strictEqual((await readRecord(store, patched))?.expiresAt, expiresAt);
      strictEqual(await store.patch(patched, patchOf({}, { expiresAt: expiresAt - 1 })), 'applied');
      strictEqual((await readRecord(store, patched))?.expiresAt, expiresAt - 1);
    }
  },
  'distinguishes keys of 300 characters that differ only in case or in the last character': async (store) => {
    const stem = newKey().repeat(8).slice(0, 299);
    const keys = [`${stem}a`, `${stem}A`, `${stem}b`, stem].map((key) => key as SessionKey);
    for (const [n, key] of keys.entries())
      strictEqual(await store.create(key, recordOf({ n: String(n) })), 'created');
    for (const [n, key] of keys.entries()) strictEqual(await attribute(store, key, 'n'), String(n));
    strictEqual(await store.delete(keys[0]!), 'deleted');
    deepStrictEqual(await Promise.all(keys.map(async (key) => (await store.load(key)) !== null)), [
      false,
      true,
      true,
      true,
    ]);
  },
};

/** Cases of an unreadable record, which `spoil` creates. */
export function corruptRecordCases<S extends SessionStore>(
  spoil: (store: S, key: SessionKey) => void | Promise<void>,
): Cases<S> {
  return {
    'distinguishes an unreadable record from a missing one, and can delete it': async (store) => {
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
