import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert';
import type { OpenSession } from '../core/session/open-session.js';
import type { Candidate, RequestContext } from '../core/session/request-context.js';
import { SessionEngine } from '../core/session/session-engine.js';
import { newSessionId, type SessionId } from '../core/session-id.js';
import type { SessionStore } from '../core/store/session-store.js';
import { times, type Cases } from './contract-records.js';
import { FakeClock } from './fake-clock.js';

const IDLE_MS = 60_000;
const ABSOLUTE_MS = 150_000;

/** The engine over a store, with a clock that the case moves. */
class EngineUnderTest {
  readonly clock = new FakeClock();
  readonly #engine: SessionEngine;

  constructor(store: SessionStore) {
    this.#engine = new SessionEngine({
      store,
      lifetimes: { idleMs: IDLE_MS, absoluteMs: ABSOLUTE_MS, touchEveryMs: 1 },
      policy: { saveUninitialized: false, rolling: false, resave: false },
      newId: () => newSessionId(),
      storeTimeoutMs: null,
      onEvent: () => undefined,
      clock: this.clock,
    });
  }

  /** The session of a request with this id, or without a cookie. */
  async open(id?: SessionId): Promise<OpenSession> {
    return this.#engine.open(requestOf(id));
  }

  /** Stores a new session and returns its id. */
  async store(attributes: object): Promise<SessionId> {
    const fresh = await this.open();
    Object.assign(fresh.session, attributes);
    await fresh.commit();
    return fresh.id;
  }

  async dataOf(id: SessionId): Promise<object> {
    return { ...(await this.open(id)).session };
  }

  async isGone(id: SessionId): Promise<boolean> {
    return (await this.open(id)).session.isNew;
  }
}

/** A case that uses the store through the engine. */
const withEngine = (run: (engine: EngineUnderTest) => Promise<void>) => (store: SessionStore) =>
  run(new EngineUnderTest(store));

/** Promises that the store and the engine keep together: timeouts. */
export const ENGINE_TIMEOUTS: Cases = {
  'expires a session at the millisecond of its idle timeout, not before': withEngine(async (engine) => {
    const id = await engine.store({ n: 1 });
    engine.clock.advance(IDLE_MS - 1);
    deepStrictEqual(await engine.dataOf(id), { n: 1 });
    engine.clock.advance(1);
    ok(await engine.isGone(id));
  }),
  'counts the idle timeout from the last use': withEngine(async (engine) => {
    const id = await engine.store({ n: 1 });
    engine.clock.advance(IDLE_MS - 1);
    await (await engine.open(id)).commit();
    engine.clock.advance(IDLE_MS - 1);
    deepStrictEqual(await engine.dataOf(id), { n: 1 });
    engine.clock.advance(1);
    ok(await engine.isGone(id));
  }),
  'expires a session at the millisecond of its absolute timeout, even if it is used': withEngine(
    async (engine) => {
      const id = await engine.store({ n: 1 });
      for (let spent = 0; spent < ABSOLUTE_MS - 1; spent += ABSOLUTE_MS / 5) {
        await (await engine.open(id)).commit();
        engine.clock.advance(Math.min(ABSOLUTE_MS / 5, ABSOLUTE_MS - 1 - spent));
      }
      deepStrictEqual(await engine.dataOf(id), { n: 1 });
      engine.clock.advance(1);
      ok(await engine.isGone(id));
    },
  ),
};

/** Promises that the store and the engine keep together: timeouts that one session has set. */
export const ENGINE_LIFETIMES: Cases = {
  'keeps a session as long as setLifetime() has set, also longer than the options': withEngine(
    async (engine) => {
      const id = await engine.store({ n: 1 });
      const request = await engine.open(id);
      request.session.setLifetime({ idle: 2 * IDLE_MS });
      await request.commit();
      engine.clock.advance(2 * IDLE_MS - 1);
      deepStrictEqual(await engine.dataOf(id), { n: 1 });
      engine.clock.advance(1);
      ok(await engine.isGone(id));
    },
  ),
  'ends a session as early as setLifetime() has set, also for a request that did not know it': withEngine(
    async (engine) => {
      const id = await engine.store({ n: 1 });
      const [slow, request] = [await engine.open(id), await engine.open(id)];
      request.session.setLifetime({ idle: IDLE_MS / 2 });
      await request.commit();
      slow.session['n'] = 2;
      await slow.commit();
      strictEqual(slow.session.expiresAt, engine.clock.now() + IDLE_MS / 2);
      engine.clock.advance(IDLE_MS / 2 - 1);
      deepStrictEqual(await engine.dataOf(id), { n: 2 });
      engine.clock.advance(1);
      ok(await engine.isGone(id));
    },
  ),
};

/** Promises that the store and the engine keep together: concurrent requests. */
export const ENGINE_CONCURRENCY: Cases = {
  'keeps both leaves of one attribute when two requests change one each': withEngine(async (engine) => {
    const id = await engine.store({ cart: { a: 1, gone: true } });
    const [one, other] = [await engine.open(id), await engine.open(id)];
    const carts = [one, other].map(({ session }) => session['cart'] as Record<string, unknown>);
    carts[0]!['b'] = 2;
    delete carts[0]!['gone'];
    carts[1]!['c'] = 3;
    await one.commit();
    await other.commit();
    deepStrictEqual(await engine.dataOf(id), { cart: { a: 1, b: 2, c: 3 } });
  }),
  'counts exactly with update() in 30 concurrent requests': withEngine(async (engine) => {
    const id = await engine.store({ theme: 'dark' });
    const requests = await Promise.all(times(30, () => engine.open(id)));
    for (const { session } of requests) session.update<number>('n', (n = 0) => n + 1);
    await Promise.all(requests.map(async (request) => request.commit()));
    deepStrictEqual(await engine.dataOf(id), { theme: 'dark', n: 30 });
  }),
  'does not restore a session that was destroyed during a request, and rejects its explicit save': withEngine(
    async (engine) => {
      const id = await engine.store({ n: 1 });
      const [slow, logout] = [await engine.open(id), await engine.open(id)];
      slow.session['n'] = 2;
      await logout.session.destroy();
      strictEqual(await slow.commit(), 'none');
      await rejects(slow.session.save(), { code: 'ERR_SESSION_GONE' });
      ok(await engine.isGone(id));
    },
  ),
  'leaves no record under the old id after regenerate': withEngine(async (engine) => {
    const id = await engine.store({ cart: 'full', theme: 'dark' });
    const request = await engine.open(id);
    await request.session.regenerate({ keep: ['theme'] });
    request.session['userId'] = 'u1';
    await request.commit();
    ok(await engine.isGone(id));
    deepStrictEqual(await engine.dataOf(request.id), { theme: 'dark', userId: 'u1' });
  }),
};

function requestOf(id: SessionId | undefined): RequestContext & { candidates: readonly Candidate[] } {
  return {
    candidates: id === undefined ? [] : [{ id, current: true }],
    presented: id !== undefined,
    cookies: {
      plan: { lifetimeMs: null, endsAt: null, isPersistent: false, secure: false },
      make: () => ({
        maxAge: null,
        expires: null,
        originalMaxAge: null,
        path: '/',
        httpOnly: true,
        serialize: () => '',
        toJSON: () => ({}),
      }),
      attributesOf: () => ({ path: '/', httpOnly: true }),
      keep: () => null,
      endBy: () => undefined,
      planOf: () => ({ lifetimeMs: null, endsAt: null, isPersistent: false, secure: false }),
      touch: () => undefined,
    },
    isSecure: true,
    hasBegun: false,
    canSendHeaders: true,
    context: undefined,
  };
}
