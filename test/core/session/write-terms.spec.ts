import { MemorySessionStore } from 'nest-session/http';
import { sessionKey, type SessionKey } from '../../../lib/core/session-id.js';
import type { SessionRecord } from '../../../lib/core/store/session-record.js';
import type { WriteTerms } from '../../../lib/core/store/session-store.js';
import type { Awaitable } from '../../../lib/core/util/awaitable.js';
import { Application } from './application.js';

/** A store with epochs, in memory. */
class EpochStore extends MemorySessionStore {
  readonly given: (WriteTerms | undefined)[] = [];
  readonly #stamps = new Map<SessionKey, number>();
  #epoch = 0;

  override async epoch(): Promise<number> {
    return this.#epoch;
  }
  override async advanceEpoch(): Promise<number> {
    return ++this.#epoch;
  }
  #isRefused(key: SessionKey): boolean {
    return (this.#stamps.get(key) ?? 0) < this.#epoch;
  }
  override load(key: SessionKey, realm?: string): Awaitable<SessionRecord | null> {
    const record = super.load(key) as SessionRecord | null;
    if (record === null || realm === undefined) return record;
    if (this.#isRefused(key)) return 'revoked' as never;
    const epoch = this.#stamps.get(key) ?? 0;
    return epoch === 0 ? record : { ...record, epoch };
  }
  override create(key: SessionKey, record: SessionRecord, terms?: WriteTerms) {
    this.given.push(terms);
    this.#stamps.set(key, this.#epoch);
    return super.create(key, record);
  }
  override rekey(
    from: SessionKey,
    to: SessionKey,
    record: SessionRecord,
    revision: number | null,
    terms?: WriteTerms,
  ) {
    this.given.push(terms);
    if (this.#isRefused(from)) return 'missing';
    this.#stamps.set(to, terms?.isLogin === true ? this.#epoch : (record.epoch ?? 0));
    return super.rekey(from, to, record, revision);
  }
}

const LOGIN = { realm: 'default', isLogin: true, limit: null };
const MOVE = { ...LOGIN, isLogin: false };

const setUp = (): { app: Application; store: EpochStore } => {
  const store = new EpochStore();
  return { app: new Application({ isOn: true }, store), store };
};

describe('a store with epochs', () => {
  it('gets the terms of each create, login and new id', async () => {
    const { app, store } = setUp();
    const id = await app.stored({ n: 1 });
    const login = await app.open(id);
    await login.session.login('u1');
    await login.commit();
    const stepUp = await app.open(login.id);
    await stepUp.session.login('u1', { method: 'otp' });
    await stepUp.commit();
    const moved = await app.open(stepUp.id);
    await moved.session.regenerate();
    await moved.commit();
    expect(store.given).toEqual([LOGIN, LOGIN, LOGIN, MOVE]);
  });

  it('keeps the epoch of a session that gets a new id', async () => {
    const { app, store } = setUp();
    await store.advanceEpoch();
    let id = await app.stored({ n: 1 });
    for (const keep of ['all', [], ['n']] as const) {
      const opened = await app.open(id);
      await opened.session.regenerate({ keep });
      await opened.commit();
      id = opened.id;
    }
    expect(await store.load(sessionKey(id), 'default')).toMatchObject({ epoch: 1 });
  });

  it('keeps sessions valid that get several ids in the request that creates them', async () => {
    const { app, store } = setUp();
    await store.advanceEpoch();
    const opened = await app.open();
    opened.session['n'] = 1;
    for (const step of ['regenerate', 'login', 'regenerate'] as const) {
      await opened.session.save();
      if (step === 'login') await opened.session.login('u1');
      else await opened.session.regenerate({ keep: 'all' });
    }
    await opened.commit();
    expect((await app.open(opened.id)).session.principal).toBe('u1');
  });

  it('refuses sessions of a former epoch, and reports why', async () => {
    const { app, store } = setUp();
    const id = await app.stored({ n: 1 });
    await store.advanceEpoch();
    app.events.length = 0;
    expect((await app.open(id)).session.isNew).toBe(true);
    expect(app.events).toEqual([expect.objectContaining({ type: 'rejected', reason: 'revoked' })]);
  });

  it('does not revive a session by a step-up that was under way (S-43)', async () => {
    const { app, store } = setUp();
    const opened = await app.open();
    await opened.session.login('u1');
    await opened.session.save();
    const stepUp = await app.open(opened.id);
    await stepUp.session.login('u1', { method: 'otp' });
    await store.advanceEpoch();
    expect(await stepUp.commit()).toBe('none');
    expect((await app.open(stepUp.id)).session.isNew).toBe(true);
  });
});

it('a store without epochs gets no terms', async () => {
  const plain = Object.assign(new MemorySessionStore(), { advanceEpoch: undefined as never });
  const app = new Application({}, plain);
  const terms: unknown[] = [];
  const { create } = app.store;
  app.store.create = (...args: unknown[]) => {
    terms.push(args[2]);
    return create.apply(app.store, args as Parameters<typeof create>);
  };
  await app.stored({ n: 1 });
  expect(terms).toEqual([undefined]);
});
