import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert';
import type { OpenSession } from '../core/session/open-session.js';
import type { Candidate, RequestContext } from '../core/session/request-context.js';
import { SessionEngine } from '../core/session/session-engine.js';
import { newSessionId, type SessionId } from '../core/session-id.js';
import type { SessionStore } from '../core/store/session-store.js';
import { FakeClock } from './fake-clock.js';
import type { TestRunner } from './store-contract-options.js';

const IDLE_MS = 60_000;
const ABSOLUTE_MS = 150_000;

/** The promises that a store and the engine keep together. */
export function describeEngineContract(
  { describe, it, beforeEach }: TestRunner,
  store: () => SessionStore,
): void {
  describe('with the engine', () => {
    let clock: FakeClock;
    let engine: SessionEngine;
    beforeEach(async () => {
      clock = new FakeClock();
      engine = new SessionEngine({
        store: store(),
        lifetimes: { idleMs: IDLE_MS, absoluteMs: ABSOLUTE_MS, touchEveryMs: 1 },
        policy: { saveUninitialized: false, rolling: false, resave: false },
        newId: () => newSessionId(),
        storeTimeoutMs: null,
        onEvent: () => undefined,
        clock,
      });
    });

    const open = async (id?: SessionId): Promise<OpenSession> => engine.open(requestOf(id));
    const stored = async (attributes: object): Promise<SessionId> => {
      const fresh = await open();
      Object.assign(fresh.session, attributes);
      await fresh.commit();
      return fresh.id;
    };
    const dataOf = async (id: SessionId): Promise<object> => ({ ...(await open(id)).session });

    it('ends a session at the millisecond of its idle timeout, not before', async () => {
      const id = await stored({ n: 1 });
      clock.advance(IDLE_MS - 1);
      deepStrictEqual(await dataOf(id), { n: 1 });
      clock.advance(1);
      ok((await open(id)).session.isNew);
    });

    it('counts the idle timeout from the last use', async () => {
      const id = await stored({ n: 1 });
      clock.advance(IDLE_MS - 1);
      await (await open(id)).commit();
      clock.advance(IDLE_MS - 1);
      deepStrictEqual(await dataOf(id), { n: 1 });
      clock.advance(1);
      ok((await open(id)).session.isNew);
    });

    it('ends a session at the millisecond of its absolute timeout, however much it is used', async () => {
      const id = await stored({ n: 1 });
      for (let spent = 0; spent < ABSOLUTE_MS - 1; spent += ABSOLUTE_MS / 5) {
        await (await open(id)).commit();
        clock.advance(Math.min(ABSOLUTE_MS / 5, ABSOLUTE_MS - 1 - spent));
      }
      deepStrictEqual(await dataOf(id), { n: 1 });
      clock.advance(1);
      ok((await open(id)).session.isNew);
    });

    it('keeps both leaves of one attribute when two requests change one each', async () => {
      const id = await stored({ cart: { a: 1, gone: true } });
      const [one, other] = [await open(id), await open(id)];
      const carts = [one, other].map(({ session }) => session['cart'] as Record<string, unknown>);
      carts[0]!['b'] = 2;
      delete carts[0]!['gone'];
      carts[1]!['c'] = 3;
      await one.commit();
      await other.commit();
      deepStrictEqual(await dataOf(id), { cart: { a: 1, b: 2, c: 3 } });
    });

    it('counts exactly with update() in 30 requests at once', async () => {
      const id = await stored({ theme: 'dark' });
      const requests = await Promise.all(Array.from({ length: 30 }, () => open(id)));
      for (const { session } of requests) session.update<number>('n', (n = 0) => n + 1);
      await Promise.all(requests.map(async (request) => request.commit()));
      deepStrictEqual(await dataOf(id), { theme: 'dark', n: 30 });
    });

    it('does not bring a session back that was destroyed while a request held it, and tells an explicit save', async () => {
      const id = await stored({ n: 1 });
      const [slow, logout] = [await open(id), await open(id)];
      slow.session['n'] = 2;
      await logout.session.destroy();
      strictEqual(await slow.commit(), 'none');
      await rejects(slow.session.save(), { code: 'ERR_SESSION_GONE' });
      ok((await open(id)).session.isNew);
    });

    it('leaves nothing under the old id after regenerate', async () => {
      const id = await stored({ cart: 'full', theme: 'dark' });
      const request = await open(id);
      await request.session.regenerate({ keep: ['theme'] });
      request.session['userId'] = 'u1';
      await request.commit();
      ok((await open(id)).session.isNew);
      deepStrictEqual(await dataOf(request.id), { theme: 'dark', userId: 'u1' });
    });
  });
}

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
      keep: () => null,
      planOf: () => ({ lifetimeMs: null, endsAt: null, isPersistent: false, secure: false }),
      touch: () => undefined,
    },
    isSecure: true,
    hasBegun: false,
    canSendHeaders: true,
    context: undefined,
  };
}
