import { MemorySessionStore } from 'nest-session/http';
import { newSessionId, sessionKey, type SessionId } from '../../../lib/core/session-id.js';
import { seconds } from '../../../lib/core/util/clock.js';
import { Application, type Settings } from './application.js';

type Fate = 'works' | 'fails' | 'loses the result';

/** A store whose writes of whole records can fail, before or after they are applied. */
class LosingStore extends MemorySessionStore {
  fate: Fate = 'works';
  /** Runs before each of these writes. */
  before: () => Promise<void> = async () => undefined;

  override async create(...args: Parameters<MemorySessionStore['create']>) {
    return this.#write(() => super.create(...args));
  }
  override async rekey(...args: Parameters<MemorySessionStore['rekey']>) {
    return this.#write(() => super.rekey(...args));
  }

  async #write<T>(write: () => T): Promise<T> {
    const { before } = this;
    this.before = async () => undefined;
    await before();
    if (this.fate === 'fails') throw new Error('The database is down.');
    const result = write();
    if (this.fate === 'loses the result') throw new Error('The connection was lost.');
    return result;
  }
}

const MODES = ['evict-oldest', 'evict-least-recent', 'reject'] as const;
const MOST = 2;
const DOWN = { code: 'ERR_SESSION_STORE' };

interface Scene {
  readonly app: Application;
  readonly store: LosingStore;
  /** The sessions of `u1` before the login, the oldest first. */
  readonly held: readonly SessionId[];
}

/** An application with a limit of two sessions, and `count` sessions of `u1`. */
async function scene(
  whenReached: (typeof MODES)[number],
  count: number,
  settings: Partial<Settings> = {},
): Promise<Scene> {
  const store = new LosingStore();
  const limit = { perPrincipal: () => MOST, whenReached };
  const app = new Application({ isOn: true, limit, ...settings }, store);
  const held: SessionId[] = [];
  for (let n = 0; n < count; n++) {
    const opened = await app.open();
    await opened.session.login('u1');
    await opened.commit();
    held.push(opened.id);
    app.clock.advance(seconds(1));
  }
  app.events.length = 0;
  return { app, store, held };
}

const liveOf = async ({ store, app }: Scene): Promise<string[]> =>
  (await store.listByPrincipal('u1', app.clock.now(), 100)).map(({ key }) => key).sort();

const keysOf = (...ids: readonly SessionId[]): string[] => ids.map(sessionKey).sort();

const typesOf = ({ app }: Scene): string[] => app.events.map(({ type }) => type);

describe.each(MODES)('a login with the limit %s, while the store fails', (mode) => {
  const isRejecting = mode === 'reject';
  const count = isRejecting ? MOST - 1 : MOST;

  it.each(['a new visitor', 'an anonymous session'])('evicts nobody and loses nothing: %s', async (kind) => {
    const one = await scene(mode, count);
    const id = kind === 'a new visitor' ? undefined : await one.app.stored({ cart: 1 });
    const opened = await one.app.open(id);
    one.store.fate = 'fails';
    const signing = opened.session.login('u1', { keep: ['cart'] });
    if (isRejecting) await expect(signing).rejects.toMatchObject(DOWN);
    else await signing;
    await expect(opened.session.save()).rejects.toMatchObject(DOWN);
    expect(await liveOf(one)).toEqual(keysOf(...one.held));
    if (id !== undefined) expect(await one.app.dataOf(id)).toEqual({ cart: 1 });
    expect(typesOf(one)).not.toContain('limit-reached');
    one.store.fate = 'works';
    expect(await opened.commit()).toBe('send');
    expect(await liveOf(one)).toEqual(keysOf(...one.held.slice(isRejecting ? 0 : 1), opened.id));
    expect(await one.app.dataOf(opened.id)).toEqual(id === undefined ? {} : { cart: 1 });
  });

  it.each(['a new visitor', 'an anonymous session'])(
    'counts a login once whose result was lost: %s',
    async (kind) => {
      const one = await scene(mode, count);
      const id = kind === 'a new visitor' ? undefined : await one.app.stored({ cart: 1 });
      const opened = await one.app.open(id);
      one.store.fate = 'loses the result';
      const signing = opened.session.login('u1', { keep: ['cart'] });
      if (isRejecting) await expect(signing).rejects.toMatchObject(DOWN);
      else await signing.then(async () => expect(opened.session.save()).rejects.toMatchObject(DOWN));
      one.store.fate = 'works';
      opened.session['later'] = 2;
      expect(await opened.commit()).toBe('send');
      expect(await liveOf(one)).toEqual(keysOf(...one.held.slice(isRejecting ? 0 : 1), opened.id));
      const kept = id === undefined ? {} : { cart: 1 };
      expect(await one.app.dataOf(opened.id)).toEqual({ ...kept, later: 2 });
      expect(one.store.size).toBe(MOST);
      expect(typesOf(one).filter((type) => type === 'login')).toHaveLength(1);
    },
  );
});

describe('a login with a limit, of a session that another request', () => {
  it.each(MODES)('changes meanwhile, merges both and counts once: %s', async (mode) => {
    const one = await scene(mode, mode === 'reject' ? MOST - 1 : MOST);
    const id = await one.app.stored({ cart: { milk: 1 } });
    const opened = await one.app.open(id);
    one.store.before = async () => {
      const other = await one.app.open(id);
      (other.session['cart'] as Record<string, number>)['bread'] = 2;
      await other.commit();
    };
    await opened.session.login('u1', { keep: ['cart'] });
    await opened.commit();
    expect(await one.app.dataOf(opened.id)).toEqual({ cart: { milk: 1, bread: 2 } });
    expect(await liveOf(one)).toHaveLength(MOST);
    expect(typesOf(one).filter((type) => type === 'revoked')).toHaveLength(mode === 'reject' ? 0 : 1);
  });

  it.each(MODES)('ends meanwhile, is a new session, and counts: %s', async (mode) => {
    const one = await scene(mode, MOST);
    const id = await one.app.stored({ cart: 1 });
    const opened = await one.app.open(id);
    one.store.before = async () => (await one.app.open(id)).session.destroy();
    const signing = opened.session.login('u1', { keep: ['cart'] });
    if (mode !== 'reject') {
      await signing.then(() => opened.commit());
      expect(await liveOf(one)).toEqual(keysOf(one.held[1]!, opened.id));
      expect(await one.app.dataOf(opened.id)).toEqual({});
      return;
    }
    // The limit is decided before the store finds that the record is gone.
    await expect(signing).rejects.toMatchObject({ code: 'ERR_SESSION_LIMIT' });
    expect(opened.session['cart']).toBe(1);
    opened.session['n'] = 1;
    await expect(opened.session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' });
    expect(await liveOf(one)).toEqual(keysOf(...one.held));
  });
});

describe('a login with a limit, under an id that is in use', () => {
  it.each(MODES)('takes another id, and evicts nobody for those in use: %s', async (mode) => {
    const one = await scene(mode, MOST - 1);
    const taken = await one.app.stored({ of: 'the owner' });
    let made = 0;
    const colliding = one.app.restarted({ newId: () => (made++ < 2 ? taken : newSessionId()) });
    for (const id of [undefined, await one.app.stored({ cart: 1 })]) {
      made = 0;
      const opened = await colliding.open(id);
      const signing = opened.session.login(id === undefined ? 'u1' : 'u2');
      await signing.then(() => opened.commit());
      expect(await one.app.dataOf(taken)).toEqual({ of: 'the owner' });
    }
    expect(await liveOf(one)).toHaveLength(MOST);
    expect(typesOf(one)).not.toContain('limit-reached');
  });

  it('never adopts the session that uses it after a failed write (S-12)', async () => {
    const one = await scene('evict-oldest', 0);
    const taken = await one.app.stored({ of: 'the owner' });
    let made = 0;
    const colliding = one.app.restarted({ newId: () => (made++ < 1 ? taken : newSessionId()) });
    const opened = await colliding.open();
    await opened.session.login('u1');
    one.store.fate = 'fails';
    await expect(opened.session.save()).rejects.toMatchObject(DOWN);
    one.store.fate = 'works';
    await opened.commit();
    expect(opened.id).not.toBe(taken);
    expect(opened.session['of']).toBeUndefined();
    expect([await one.app.dataOf(taken), await liveOf(one)]).toEqual([
      { of: 'the owner' },
      keysOf(opened.id),
    ]);
  });
});

describe('a new session without a limit', () => {
  it('is created once', async () => {
    const app = new Application();
    const opened = await app.open();
    opened.session['n'] = 1;
    await opened.session.save();
    expect([app.calls, await app.dataOf(opened.id)]).toEqual([['create'], { n: 1 }]);
  });
});
