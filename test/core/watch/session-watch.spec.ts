import { jest } from '@jest/globals';
import { minutes, seconds } from '../../../lib/core/util/clock.js';
import type { SessionEvent, SessionEventListener } from '../../../lib/core/session-event.js';
import type { SessionId } from '../../../lib/core/session-id.js';
import type { EndReports, EndedSessions } from '../../../lib/core/watch/session-end.js';
import { SessionWatch } from '../../../lib/core/watch/session-watch.js';
import { Application } from '../session/application.js';

/** Reports of other processes, made by the test. */
class Reports implements EndReports {
  tell: ((end: EndedSessions | null) => void) | null = null;
  subscribe(onEnd: (end: EndedSessions | null) => void): () => Promise<void> {
    this.tell = onEnd;
    return async () => void (this.tell = null);
  }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

describe('the watch of open connections', () => {
  let app: Application;
  let listener: SessionEventListener | null;
  let ended: string[];
  beforeEach(() => {
    jest.useFakeTimers();
    app = new Application();
    listener = null;
    ended = [];
  });
  afterEach(() => void jest.useRealTimers());

  const watchOf = (reports: EndReports | null = null): SessionWatch =>
    new SessionWatch({
      events: { listen: (call) => void (listener = call) },
      clock: app.clock,
      everyMs: seconds(5),
      reports,
    });
  /** Watches a connection of a session under a name. */
  const add = async (watch: SessionWatch, id: SessionId, name: string): Promise<() => void> => {
    const opened = await app.open(id);
    const remove = watch.add(opened, (reason) => void ended.push(`${name} ${reason}`));
    await settled();
    return remove;
  };
  const emit = (event: object): void =>
    listener!({ sessionName: 'default', at: 0, ...event } as SessionEvent);
  const handle = async (id: SessionId): Promise<string> => (await app.open(id)).session.handle;
  /** Without the timer of the store, which has a session from the first one on. */
  const timers = (): number => jest.getTimerCount() - 1;
  const nextCheck = async (): Promise<void> => {
    app.clock.advance(seconds(5));
    await jest.advanceTimersByTimeAsync(seconds(5));
  };

  it('has a timer and a listener only once something is watched', async () => {
    const watch = watchOf();
    const id = await app.stored({ a: 1 });
    expect([timers(), listener]).toEqual([0, null]);
    const remove = await add(watch, id, 'socket');
    expect(timers()).toBe(1);
    remove();
    expect([timers(), watch.size]).toEqual([0, 0]);
  });

  it.each([
    ['logout', 'logout', {}],
    ['expired', 'expired', {}],
    ['revoked', 'revoked', { reason: 'registry' }],
    ['revoked', 'revoked', { reason: 'limit' }],
  ])('ends the connections of a session by the event %s', async (type, reason, more) => {
    const watch = watchOf();
    const [mine, other] = [await app.stored({ a: 1 }), await app.stored({ a: 2 })];
    await add(watch, mine, 'first');
    await add(watch, mine, 'second');
    await add(watch, other, 'other');
    emit({ type, handle: await handle(mine), principal: null, ...more });
    expect(ended).toEqual([`first ${reason}`, `second ${reason}`]);
    expect(watch.size).toBe(1);
  });

  it.each(['login', 'regenerated'])(
    'ends the connections of the former session by the event %s, not those of a step-up (S-5)',
    async (type) => {
      const watch = watchOf();
      const id = await app.stored({ a: 1 });
      await add(watch, id, 'socket');
      const former = await handle(id);
      emit({ type, handle: former, formerHandle: former, principal: 'u1' });
      emit({ type, handle: former, formerHandle: null, principal: 'u1' });
      expect(ended).toEqual([]);
      emit({ type, handle: 'another', formerHandle: former, principal: 'u1' });
      expect(ended).toEqual(['socket replaced']);
    },
  );

  it('checks all sessions where all were revoked', async () => {
    const watch = watchOf();
    await add(watch, await app.stored({ a: 1 }), 'former');
    await app.store.advanceEpoch('default');
    await add(watch, await app.stored({ a: 1 }), 'later');
    emit({ type: 'revoked', reason: 'everything', handle: null, principal: null });
    await settled();
    expect(ended).toEqual(['former revoked']);
  });

  it('finds at the next check what another process has ended, and what has expired', async () => {
    const watch = watchOf();
    const [gone, idle] = [await app.stored({ a: 1 }), await app.stored({ a: 2 })];
    await add(watch, gone, 'gone');
    await add(watch, idle, 'idle');
    await nextCheck();
    expect(ended).toEqual([]);
    await (await app.open(gone)).session.destroy();
    await nextCheck();
    expect(ended).toEqual(['gone ended']);
    app.clock.advance(minutes(10));
    await nextCheck();
    expect(ended).toEqual(['gone ended', 'idle expired']);
    expect(timers()).toBe(0);
  });

  it('ends a connection at once whose session ended before it was watched', async () => {
    const watch = watchOf();
    const id = await app.stored({ a: 1 });
    const opened = await app.open(id);
    await (await app.open(id)).session.destroy();
    watch.add(opened, (reason) => void ended.push(reason));
    await settled();
    expect(ended).toEqual(['ended']);
  });

  it('keeps connections open while the store fails', async () => {
    const watch = watchOf();
    const id = await app.stored({ a: 1 });
    await add(watch, id, 'socket');
    const load = jest.spyOn(app.store, 'load').mockImplementation(() => {
      throw new Error('down');
    });
    await nextCheck();
    expect(ended).toEqual([]);
    load.mockRestore();
    await (await app.open(id)).session.destroy();
    await nextCheck();
    expect(ended).toEqual(['socket ended']);
  });

  it('loads with reports only sessions whose expiry has come', async () => {
    const reports = new Reports();
    const watch = watchOf(reports);
    const id = await app.stored({ a: 1 });
    await add(watch, id, 'socket');
    app.calls.length = 0;
    await nextCheck();
    expect(app.calls).toEqual([]);
    app.clock.advance(minutes(9));
    const request = await app.open(id);
    await request.session.touch().save();
    app.calls.length = 0;
    app.clock.advance(minutes(1));
    await nextCheck();
    expect([app.calls, ended]).toEqual([['load'], []]);
    app.clock.advance(minutes(10));
    await nextCheck();
    expect(ended).toEqual(['socket expired']);
  });

  it('checks all sessions once a minute with reports, since one may not have been sent', async () => {
    const watch = watchOf(new Reports());
    const id = await app.stored({ a: 1 });
    await add(watch, id, 'socket');
    await (await app.open(id)).session.destroy();
    for (let n = 1; n < 12; n++) await nextCheck();
    expect(ended).toEqual([]);
    await nextCheck();
    expect(ended).toEqual(['socket ended']);
  });

  it('ends what another process reports, and checks all where reports may be missing', async () => {
    const reports = new Reports();
    const watch = watchOf(reports);
    const ids = [await app.stored({ a: 1 }), await app.stored({ a: 2 }), await app.stored({ a: 3 })];
    for (const [n, id] of ids.entries()) await add(watch, id, `socket ${n}`);
    reports.tell!({ reason: 'logout', handles: [await handle(ids[0]!), 'unknown'] });
    expect(ended).toEqual(['socket 0 logout']);
    await (await app.open(ids[1])).session.destroy();
    reports.tell!(null);
    await settled();
    expect(ended).toEqual(['socket 0 logout', 'socket 1 ended']);
    await watch.close();
    expect([reports.tell, watch.size, timers()]).toEqual([null, 0, 0]);
  });
});
