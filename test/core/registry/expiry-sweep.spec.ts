import { jest } from '@jest/globals';
import {
  MemorySessionStore,
  SessionStore,
  type SessionEvent,
  type SessionKey,
  type SessionRecord,
} from 'nest-session';
import { FakeClock } from 'nest-session/testing';
import { ExpirySweep, type ExpirySink } from '../../../lib/core/registry/expiry-sweep.js';
import { sessionHandle } from '../../../lib/core/session-id.js';
import { scopedPrincipal } from '../../../lib/core/store/principal-scope.js';
import { nextTurn } from '../../../lib/core/util/clock.js';
import { newKey, patchOf, recordOf, times } from '../../../lib/testing/contract-records.js';

const NOW = 1_700_000_000_000;
/** A sweep removes what expired five minutes ago. */
const GRACE = 300_000;
const EVERY = 60_000;

/** A sink that records its events, and whose listeners can be switched on and off. */
class Sink implements ExpirySink {
  readonly events: SessionEvent[] = [];
  types: SessionEvent['type'][] = ['expired'];
  emit(event: SessionEvent): void {
    this.events.push(event);
  }
  listensTo(type: SessionEvent['type']): boolean {
    return this.types.includes(type);
  }
}

const expiredAt = (expiresAt: number, over: Partial<SessionRecord> = {}): SessionRecord =>
  recordOf({}, { createdAt: expiresAt - 1000, touchedAt: expiresAt - 1000, expiresAt, ...over });

const turn = (): Promise<void> => new Promise((resolve) => nextTurn(resolve));

describe('ExpirySweep', () => {
  let store: MemorySessionStore;
  let sink: Sink;
  let clock: FakeClock;
  let started: ExpirySweep[];

  beforeEach(() => {
    store = new MemorySessionStore();
    sink = new Sink();
    clock = new FakeClock(NOW);
    started = [];
  });
  afterEach(() => Promise.all(started.map((sweep) => sweep.stop())));

  const start = (
    over: { sink?: Sink; sessionName?: string; everyMs?: number | false; store?: SessionStore } = {},
  ) => {
    const sweep = ExpirySweep.of({ store, clock, everyMs: EVERY, sessionName: 'default', sink, ...over })!;
    sweep.start();
    started.push(sweep);
    return sweep;
  };

  it('reports each session that it removes: handle, principal, name and expiry, without id, key and data (S-66, S-67)', async () => {
    const [user, anonymous, kept, named] = times(4, newKey) as [
      SessionKey,
      SessionKey,
      SessionKey,
      SessionKey,
    ];
    const [at, later] = [NOW - GRACE, NOW - GRACE + 1];
    await store.create(user, expiredAt(at, { principal: 'u1', attributes: new Map([['secret', '"data"']]) }));
    await store.create(anonymous, expiredAt(at - 5));
    await store.create(kept, expiredAt(later));
    await store.create(named, expiredAt(at - 9, { attributes: new Map([['$handle', '"kept-by-logins"']]) }));
    expect(await start().sweep()).toBe(3);
    const fact = { type: 'expired', sessionName: 'default' };
    expect(
      sink.events.sort((one, other) => (one as { at: number }).at - (other as { at: number }).at),
    ).toEqual([
      { ...fact, at: at - 9, handle: 'kept-by-logins', principal: null },
      { ...fact, at: at - 5, handle: sessionHandle(anonymous), principal: null },
      { ...fact, at, handle: sessionHandle(user), principal: 'u1' },
    ]);
    expect(store.size).toBe(1);
    const text = JSON.stringify(sink.events);
    for (const secret of [user, anonymous, 'data']) expect(text).not.toContain(secret);
  });

  it('reports sessions of several names on one store to the sink of their own name only', async () => {
    const admin = new Sink();
    const marked = expiredAt(NOW - GRACE, { attributes: new Map([['$name', '"admin"']]) });
    await store.create(newKey(), { ...marked, principal: scopedPrincipal('admin', 'root') });
    await store.create(newKey(), expiredAt(NOW - GRACE, { principal: scopedPrincipal('admin', '$2') }));
    await store.create(newKey(), expiredAt(NOW - GRACE, { principal: scopedPrincipal('default', '$3') }));
    await store.create(newKey(), expiredAt(NOW - GRACE, { attributes: new Map([['$name', '"shop"']]) }));
    const sweep = start();
    start({ sink: admin, sessionName: 'admin', everyMs: false });
    expect(await sweep.sweep()).toBe(4);
    expect(admin.events).toMatchObject([
      { sessionName: 'admin', principal: 'root' },
      { sessionName: 'admin', principal: '$2' },
    ]);
    expect(sink.events).toMatchObject([{ sessionName: 'default', principal: '$3' }]);
  });

  it('reports for a name with a listener when the sweep of a name without one removes its session', async () => {
    const silent = new Sink();
    silent.types = ['login'];
    const other = start({ sink: silent, sessionName: 'admin' });
    start();
    await store.create(newKey(), expiredAt(NOW - GRACE));
    await other.sweep();
    expect(sink.events).toHaveLength(1);
    expect(silent.events).toEqual([]);
  });

  it('reports a session to one of two listeners of its name: two applications of a process on one store', async () => {
    const second = new Sink();
    const sweeps = [start(), start({ sink: second })];
    for (let n = 0; n < 10; n++) await store.create(newKey(), expiredAt(NOW - GRACE));
    await Promise.all(sweeps.map((sweep) => sweep.sweep()));
    const handles = [...sink.events, ...second.events].map((event) => 'handle' in event && event.handle);
    expect(new Set(handles).size).toBe(10);
    expect(handles).toHaveLength(10);
  });

  it('claims nothing without a listener of expired, but deletes: no record is read, no event is made', async () => {
    sink.types = ['login'];
    const claims = jest.spyOn(store, 'claimExpired');
    const epochs = jest.spyOn(store, 'epoch');
    const holds = jest.spyOn(store, 'holdExpired');
    await store.create(newKey(), expiredAt(NOW - GRACE));
    expect(await start().sweep()).toBe(1);
    expect([sink.events, claims.mock.calls, epochs.mock.calls, holds.mock.calls]).toEqual([[], [], [], []]);
  });

  it('claims from the moment a listener is added', async () => {
    sink.types = [];
    const sweep = start();
    await store.create(newKey(), expiredAt(NOW - GRACE));
    await sweep.sweep();
    sink.types = ['expired'];
    await store.create(newKey(), expiredAt(NOW - GRACE));
    await sweep.sweep();
    expect(sink.events).toHaveLength(1);
  });

  it('does not report a session that a touch has moved, but when it expires later', async () => {
    const key = newKey();
    await store.create(key, expiredAt(NOW - GRACE));
    await store.patch(key, patchOf({}, { touchedAt: NOW, expiresAt: NOW + 10 }));
    const sweep = start();
    expect(await sweep.sweep()).toBe(0);
    clock.advance(GRACE + 10);
    await sweep.sweep();
    expect(sink.events).toMatchObject([{ type: 'expired', at: NOW + 10 }]);
  });

  it('does not report a session that revokeEverything() had ended: it was revoked', async () => {
    const old = newKey();
    await store.create(old, expiredAt(NOW - GRACE, { principal: 'u1' }));
    await store.advanceEpoch('default');
    const fresh = newKey();
    await store.create(fresh, expiredAt(NOW - GRACE), { realm: 'default', isLogin: true, limit: null });
    expect(await start().sweep()).toBe(2);
    expect(sink.events).toMatchObject([{ handle: sessionHandle(fresh) }]);
    expect(store.size).toBe(0);
  });

  it('claims in batches of a hundred, so that a node that dies loses few events', async () => {
    const claims = jest.spyOn(store, 'claimExpired');
    for (let n = 0; n < 250; n++) await store.create(newKey(), expiredAt(NOW - GRACE));
    expect(await start().sweep()).toBe(250);
    expect(claims.mock.calls.map(([, limit]) => limit)).toEqual([100, 100, 100]);
    expect(sink.events).toHaveLength(250);
  });

  it('reports what it has claimed before the store fails, and emits sweep-failed by its timer', async () => {
    jest.useFakeTimers();
    try {
      for (let n = 0; n < 150; n++) await store.create(newKey(), expiredAt(NOW - GRACE));
      const claim = store.claimExpired.bind(store);
      let calls = 0;
      store.claimExpired = async (before, limit) => {
        if (++calls === 2) throw new Error('the store is down');
        return claim(before, limit);
      };
      start();
      await jest.advanceTimersByTimeAsync(2 * EVERY);
      expect(sink.events.map(({ type }) => type)).toEqual([...times(100, () => 'expired'), 'sweep-failed']);
    } finally {
      jest.useRealTimers();
    }
  });

  it('claims nothing while it cannot read the epoch, so that no event is lost', async () => {
    await store.create(newKey(), expiredAt(NOW - GRACE));
    store.epoch = async () => Promise.reject(new Error('the store is down'));
    await expect(start().sweep()).rejects.toThrow('the store is down');
    expect(store.size).toBe(1);
  });

  it('waits for a claim under way when it stops, and emits its events', async () => {
    await store.create(newKey(), expiredAt(NOW - GRACE));
    const claim = store.claimExpired.bind(store);
    let finish!: () => void;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    store.claimExpired = async (before, limit) => {
      const claimed = await claim(before, limit);
      await finished;
      return claimed;
    };
    const sweep = start();
    const swept = sweep.sweep();
    await turn();
    let isStopped = false;
    const stopped = sweep.stop().then(() => (isStopped = true));
    await turn();
    expect(isStopped).toBe(false);
    finish();
    await stopped;
    expect(sink.events).toHaveLength(1);
    expect(await swept).toBe(1);
  });

  it('begins no further claim when it stops: a process that ends would lose its events', async () => {
    for (let n = 0; n < 250; n++) await store.create(newKey(), expiredAt(NOW - GRACE));
    const sweep = start();
    const claim = store.claimExpired.bind(store);
    let stopped: Promise<void> | undefined;
    store.claimExpired = async (before, limit) => {
      const claimed = await claim(before, limit);
      stopped ??= sweep.stop();
      return claimed;
    };
    expect(await sweep.sweep()).toBe(100);
    await stopped;
    expect([sink.events.length, store.size]).toEqual([100, 150]);
  });

  describe('on a store that frees expired sessions itself', () => {
    beforeEach(() => {
      jest.useFakeTimers({ now: NOW });
    });
    afterEach(() => {
      jest.useRealTimers();
    });

    /** Longer than the timer of the memory store, shorter than that of the sweep. */
    const MOMENT = 10_000;

    it('keeps them for its claims while somebody listens', async () => {
      const sweep = start();
      await store.create(newKey(), expiredAt(NOW + 1000));
      await jest.advanceTimersByTimeAsync(MOMENT);
      expect([store.size, sink.events]).toEqual([1, []]);
      clock.advance(MOMENT + GRACE);
      await sweep.sweep();
      expect([store.size, sink.events.length]).toEqual([0, 1]);
    });

    it.each<[string, SessionEvent['type'][], number | false]>([
      ['nobody listens', [], EVERY],
      ['no sweep of this process claims them', ['expired'], false],
    ])('leaves them to it while %s', async (_, types, everyMs) => {
      sink.types = types;
      start({ everyMs });
      await store.create(newKey(), expiredAt(NOW + 1000));
      await jest.advanceTimersByTimeAsync(MOMENT);
      expect(store.size).toBe(0);
    });

    it('leaves them to it again when the last sweep has stopped', async () => {
      const [one, other] = [start(), start({ sessionName: 'admin' })];
      await store.create(newKey(), expiredAt(NOW + 1000));
      await one.stop();
      await jest.advanceTimersByTimeAsync(MOMENT);
      expect(store.size).toBe(1);
      await other.stop();
      await jest.advanceTimersByTimeAsync(MOMENT);
      expect(store.size).toBe(0);
    });
  });

  it('is null for a store that can neither delete nor claim, and claims on one that can only claim', async () => {
    const { load, create, patch, rekey, delete: remove } = SessionStore.prototype;
    const bare = { load, create, patch, rekey, delete: remove };
    const parts = { clock, everyMs: EVERY, sessionName: 'default', sink };
    expect(ExpirySweep.of({ ...parts, store: bare })).toBeNull();
    const key = newKey();
    const claimExpired = jest.fn(async () => [{ key, record: expiredAt(NOW - GRACE) }]);
    const sweep = start({ store: Object.assign(bare, { claimExpired }) });
    await sweep.sweep();
    expect(sink.events).toMatchObject([{ handle: sessionHandle(key) }]);
    sink.types = [];
    expect(await sweep.sweep()).toBe(0);
    expect(claimExpired).toHaveBeenCalledTimes(1);
  });
});
