import { MemorySessionStore, type SessionKey, type SessionStore } from 'nest-session/http';
import { FakeClock } from 'nest-session/testing';
import type { SessionEvent } from '../../../lib/core/session-event.js';
import { sessionHandle } from '../../../lib/core/session-id.js';
import { NEVER, type SessionRecord } from '../../../lib/core/store/session-record.js';
import { guardStore, type GuardedStore } from '../../../lib/core/store/guarded-store.js';
import { collectGarbage } from '../../support/heap.js';

const KEY = 'key' as SessionKey;
const RECORD: SessionRecord = {
  createdAt: 1,
  touchedAt: 1,
  expiresAt: NEVER,
  principal: null,
  revision: 0,
  attributes: new Map([['n', '1']]),
};
const PATCH = { touchedAt: 2, expiresAt: 2, principal: { from: null, to: null }, changes: new Map() };

const OPERATIONS: [keyof SessionStore, (store: GuardedStore) => Promise<unknown>][] = [
  ['load', async (store) => store.load(KEY)],
  ['create', async (store) => store.create(KEY, RECORD)],
  ['patch', async (store) => store.patch(KEY, PATCH)],
  ['rekey', async (store) => store.rekey(KEY, 'other' as SessionKey, RECORD, null)],
  ['delete', async (store) => store.delete(KEY)],
];

let events: SessionEvent[];
const guarded = (methods: object, storeTimeoutMs: number | null = null): GuardedStore => {
  const store = Object.assign(new MemorySessionStore(), methods);
  return guardStore(store, {
    storeTimeoutMs,
    clock: new FakeClock(),
    onEvent: (event) => events.push(event),
  });
};
beforeEach(() => (events = []));

describe.each(OPERATIONS)('%s of a guarded store', (operation, ask) => {
  const failure = {
    code: 'ERR_SESSION_STORE',
    message: `The session store failed to ${operation} a session.`,
  };

  it.each<[string, () => unknown, unknown]>([
    ['rejects', () => Promise.reject(new Error('down')), { message: 'down' }],
    [
      'throws',
      () => {
        throw new Error('down');
      },
      { message: 'down' },
    ],
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as bad stores do
    ['rejects with nothing', () => Promise.reject(undefined), undefined],
  ])('fails with one error where the store %s', async (_, method, cause) => {
    const call = ask(guarded({ [operation]: method }));
    await expect(call).rejects.toMatchObject(cause === undefined ? failure : { ...failure, cause });
    expect(events).toEqual([{ type: 'store-down', error: expect.objectContaining(failure) as unknown }]);
  });

  it('fails after the timeout where the store does not return, and ignores a late result', async () => {
    let respond!: (value: unknown) => void;
    const pending = new Promise((resolve) => (respond = resolve));
    const call = ask(guarded({ [operation]: () => pending }, 5));
    await expect(call).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
      message: `The session store did not ${operation} a session in time.`,
    });
    respond(null);
    expect(events).toHaveLength(1);
  });

  it('refuses calls of a store that has timed out five times in a row', async () => {
    let calls = 0;
    const store = guarded({ [operation]: () => new Promise(() => calls++) }, 5);
    const asked = Array.from({ length: 5 }, () => ask(store));
    for (const call of asked) await expect(call).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
    await expect(ask(store)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' });
    expect(calls).toBe(5);
    expect(events).toHaveLength(1);
  });

  it('accepts a result that is returned synchronously', async () => {
    const results = { load: null, create: 'created', patch: 'applied', rekey: 'applied', delete: 'deleted' };
    const result = results[operation];
    expect(await ask(guarded({ [operation]: () => result }, 1000))).toBe(result);
  });
});

describe('a store with one call that does not settle', () => {
  it('keeps no later result alive', async () => {
    const results: WeakRef<SessionRecord>[] = [];
    let respond!: (record: null) => void;
    const load = (key: SessionKey) => {
      if (key === 'hangs') return new Promise((resolve) => (respond = resolve));
      const record = { ...RECORD, attributes: new Map([['n', '1']]) };
      results.push(new WeakRef(record));
      return Promise.resolve(record);
    };
    const store = guarded({ load }, 60_000);
    const hung = store.load('hangs' as SessionKey);
    for (let count = 0; count < 100; count++) expect(await store.load(KEY)).not.toBeNull();
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    // The last one may still be on the stack of this function.
    expect(results.filter((result) => result.deref() !== undefined).length).toBeLessThanOrEqual(1);
    respond(null);
    expect(await hung).toBeNull();
  });
});

describe('a store that returns invalid results', () => {
  it.each<[keyof SessionStore, unknown]>(
    OPERATIONS.slice(1).flatMap(([operation]) =>
      [undefined, null, true, 'ok', 1, {}, { conflict: null }, { conflict: {} }].map(
        (result): [keyof SessionStore, unknown] => [operation, result],
      ),
    ),
  )('has failed to %s when it returns %j', async (operation, result) => {
    const [, ask] = OPERATIONS.find(([name]) => name === operation)!;
    await expect(ask(guarded({ [operation]: async () => result }))).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
    });
  });

  it.each([['create'], ['delete']] as const)('cannot return a conflict of %s', async (operation) => {
    const [, ask] = OPERATIONS.find(([name]) => name === operation)!;
    await expect(ask(guarded({ [operation]: async () => ({ conflict: RECORD }) }))).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
    });
  });

  it.each<[string, unknown]>([
    ["'corrupt'", 'corrupt'],
    ['a string', '{}'],
    ['an empty object', {}],
    ['true', true],
    ['a record without an expiry', { ...RECORD, expiresAt: undefined }],
    ['a record whose expiry is a string', { ...RECORD, expiresAt: '1' }],
    ['a record whose expiry is not a number', { ...RECORD, expiresAt: Number.NaN }],
    ['a record whose principal is not a string', { ...RECORD, principal: 7 }],
    ['a record with attributes in an object', { ...RECORD, attributes: { n: '1' } }],
    ['a record with an attribute that was cut off', { ...RECORD, attributes: new Map([['n', '{"a":']]) }],
    ['a record with an attribute that was never JSON', { ...RECORD, attributes: new Map([['n', 'u1']]) }],
    ['a record with an empty attribute', { ...RECORD, attributes: new Map([['n', '']]) }],
    ['a record with an attribute that is not a string', { ...RECORD, attributes: new Map([['n', 1]]) }],
  ])('has no session where it loads %s, and emits an event', async (_, found) => {
    expect(await guarded({ load: async () => found }).load(KEY)).toBeNull();
    expect(events).toEqual([{ type: 'corrupt-record', handle: sessionHandle(KEY) }]);
  });

  it.each([[null], [undefined]])('has no session where it loads %s, and emits no event', async (found) => {
    expect(await guarded({ load: async () => found }).load(KEY)).toBeNull();
    expect(events).toEqual([]);
  });
});

describe('the epoch of a store', () => {
  const realms: unknown[] = [];
  const store = (realm: string | null) =>
    guardStore(
      {
        load: (_key: SessionKey, asked?: string) => {
          realms.push(asked);
          return asked === undefined ? RECORD : 'revoked';
        },
      } as unknown as SessionStore,
      { storeTimeoutMs: null, clock: new FakeClock(), onEvent: () => undefined, realm },
    );

  it('is asked for the realm of the engine, and refuses a record', async () => {
    realms.length = 0;
    expect(await store('admin').load(KEY)).toBeNull();
    expect(await store('admin').look(KEY)).toBe('revoked');
    expect(realms).toEqual(['admin', 'admin']);
  });

  it('is not asked for without a realm', async () => {
    realms.length = 0;
    expect(await store(null).look(KEY)).toBe(RECORD);
    expect(realms).toEqual([undefined]);
  });
});
