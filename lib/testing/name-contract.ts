import { deepStrictEqual, strictEqual } from 'node:assert';
import type { SessionKey } from '../core/session-id.js';
import type { SessionStore } from '../core/store/session-store.js';
import { attributes, readRecord, newKey, patchOf, recordOf, times, type Cases } from './contract-records.js';

/** Names that break code that builds keys, queries or objects from them. */
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

const LOOKALIKES = ['a', 'A', 'É', 'é', 'e\u0301', 'ﬁ', 'fi', 'ß', 'ss', 'İ', 'i', 'ı', 'a ', 'a  ', 'ａ'];
const LONE_SURROGATES = ['\ud83c', '\ud83d', '\udf6a', '\udf6a\ud83c', 'x\ud800', 'x\udfff', '\ufffd', '🍪'];

/** Cases of attribute names. */
export const NAMES: Cases = {
  'keeps attributes with unusual names': async (store) => {
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
    const record = await readRecord(store, key);
    deepStrictEqual(
      new Set(record?.attributes),
      new Set(ODD_NAMES.map((name) => [name, JSON.stringify(name)] as const)),
    );
  },
  'distinguishes names that differ only in case, in Unicode normalisation or in trailing spaces': async (
    store,
  ) => {
    await checkDistinct(store, LOOKALIKES);
  },
  'keeps and distinguishes names with lone surrogates': async (store) => {
    await checkDistinct(store, LONE_SURROGATES);
  },
  'keeps 1000 attributes in one record': async (store) => {
    const key = newKey();
    const values = Object.fromEntries(times(1000, (n) => [`n${n}`, String(n)]));
    await store.create(key, recordOf(values));
    deepStrictEqual(await attributes(store, key), values);
  },
};

/**
 * Checks that each name has its own text, when all are created together and when each is set, changed and
 * removed.
 */
async function checkDistinct(store: SessionStore, names: readonly string[]): Promise<void> {
  const textOf = (name: string): string => JSON.stringify(name);
  const all = new Map(names.map((name) => [name, textOf(name)]));
  const [created, patched] = [newKey(), newKey()];
  await store.create(created, recordOf({}, { attributes: all }));
  deepStrictEqual(await attributesOf(store, created), all);
  await store.create(patched, recordOf({}));
  for (const name of names)
    strictEqual(await store.patch(patched, patchOf({ [name]: [null, textOf(name)] })), 'applied');
  deepStrictEqual(await attributesOf(store, patched), all);
  for (const key of [created, patched]) {
    const left = new Map(all);
    for (const name of names) {
      strictEqual(await store.patch(key, patchOf({ [name]: [textOf(name), '"new"'] })), 'applied');
      strictEqual(await store.patch(key, patchOf({ [name]: ['"new"', null] })), 'applied');
      left.delete(name);
      deepStrictEqual(await attributesOf(store, key), left);
    }
  }
}

async function attributesOf(store: SessionStore, key: SessionKey): Promise<ReadonlyMap<string, string>> {
  return (await readRecord(store, key))?.attributes ?? new Map<string, string>();
}
