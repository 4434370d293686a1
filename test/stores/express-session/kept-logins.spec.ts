import type { SessionKey } from '../../../lib/core/session-id.js';
import { NEVER, type SessionRecord } from '../../../lib/core/store/session-record.js';
import { ExpressStoreAdapter } from '../../../lib/stores/express-session/store-adapter.js';
import { patchOf, recordOf } from '../../../lib/testing/contract-records.js';

type Done = (error: unknown, found?: unknown) => void;

/** An express-session store of JSON texts, whose database sorts the properties of objects. */
class SortingStore {
  readonly texts = new Map<string, string>();

  get(id: string, done: Done): void {
    const text = this.texts.get(id);
    done(null, text === undefined ? undefined : JSON.parse(text));
  }

  set(id: string, session: object, done: Done): void {
    this.texts.set(id, JSON.stringify(sorted(JSON.parse(JSON.stringify(session)))));
    done(null);
  }

  destroy(id: string, done: Done): void {
    this.texts.delete(id);
    done(null);
  }
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([name, part]) => [name, sorted(part)]));
}

const [FIRST, SECOND] = ['first', 'second'] as unknown as [SessionKey, SessionKey];
const LOGIN = '{"at":5,"methods":{"pwd":5,"otp":3}}';
const loggedIn = (values: Record<string, string> = {}): SessionRecord =>
  recordOf(
    { ...values, $login: LOGIN, $handle: '"h"', $cookie: '{"path":"/app"}' },
    { principal: 'u1', expiresAt: NEVER },
  );

describe('a session with a principal in an express-session store', () => {
  let store: SortingStore;
  let adapter: ExpressStoreAdapter;
  beforeEach(() => {
    store = new SortingStore();
    adapter = new ExpressStoreAdapter(store, {}, { idleMs: 60_000, touchEveryMs: 1 }, 1000);
  });
  const loaded = async (key: SessionKey): Promise<SessionRecord> =>
    (await adapter.load(key)) as SessionRecord;
  const stampOf = (key: SessionKey): object =>
    (JSON.parse(store.texts.get(key)!) as Record<string, object>)['nest-session']!;

  it("keeps the principal and the engine's attributes, with unchanged texts", async () => {
    const record = loggedIn({ theme: '"dark"', $$cost: '5' });
    await adapter.create(FIRST, record);
    const { principal, attributes } = await loaded(FIRST);
    expect(principal).toBe('u1');
    expect(new Map(attributes)).toEqual(new Map(record.attributes));
    expect(store.texts.get(FIRST)).not.toContain('"$login"');
  });

  it('keeps them through patches and a rekey', async () => {
    await adapter.create(FIRST, loggedIn());
    const same = { from: 'u1', to: 'u1' };
    expect(await adapter.patch(FIRST, patchOf({ n: [null, '1'] }, { principal: same }))).toBe('applied');
    const now = await loaded(FIRST);
    expect(now).toMatchObject({ principal: 'u1', attributes: loggedIn({ n: '1' }).attributes });
    expect(await adapter.rekey(FIRST, SECOND, now, now.revision)).toBe('applied');
    expect(await loaded(SECOND)).toMatchObject({ principal: 'u1', attributes: now.attributes });
    expect(await adapter.load(FIRST)).toBeNull();
  });

  it('returns a conflict for a patch or a rekey that is based on another principal', async () => {
    await adapter.create(FIRST, recordOf({ n: '1' }));
    const { revision } = await loaded(FIRST);
    const login = patchOf({}, { principal: { from: null, to: 'u1' } });
    expect(await adapter.patch(FIRST, login)).toBe('applied');
    expect(await adapter.patch(FIRST, patchOf({ n: ['1', '2'] }))).toMatchObject({
      conflict: { principal: 'u1' },
    });
    expect(await adapter.rekey(FIRST, SECOND, recordOf({}), revision)).toMatchObject({
      conflict: { principal: 'u1' },
    });
  });

  it('is stored as before without a principal', async () => {
    const record = recordOf({ n: '1' });
    await adapter.create(FIRST, record);
    const { createdAt, touchedAt } = record;
    expect(stampOf(FIRST)).toEqual({ createdAt, touchedAt });
    expect(await loaded(FIRST)).toMatchObject({ principal: null, attributes: record.attributes });
  });

  it.each([
    ['no object', 5],
    ['a principal that is no text', { principal: { id: 1 } }],
    [
      "names of the application's attributes, and values that are no texts",
      { own: { cookie: '{}', $a: '1', b: 2 } },
    ],
  ])('ignores a stamp with %s', async (_, stamp) => {
    store.texts.set(FIRST, JSON.stringify({ cookie: {}, n: 1, 'nest-session': stamp }));
    const { principal, attributes } = await loaded(FIRST);
    expect(principal).toBeNull();
    expect([...attributes.keys()]).toEqual(['n']);
  });
});
