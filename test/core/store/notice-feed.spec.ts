import { jest } from '@jest/globals';
import { type NoticeConnection, type NoticeEvents, NoticeFeed } from '../../../lib/core/store/notice-feed.js';
import { nextTurn } from '../../../lib/core/util/clock.js';

/** A connection that the test opens, loses and silences. */
class TestConnection implements NoticeConnection {
  readonly calls: string[] = [];
  readonly ready: Promise<void>;
  open!: () => void;
  refuse!: (error: Error) => void;
  checked: Promise<unknown> = Promise.resolve();
  closed: Promise<unknown> | undefined;

  constructor(readonly events: NoticeEvents) {
    this.ready = new Promise((resolve, reject) => {
      this.open = resolve;
      this.refuse = reject;
    });
  }

  check(): Promise<unknown> {
    this.calls.push('check');
    return this.checked;
  }

  close(): Promise<unknown> | void {
    this.calls.push('close');
    return this.closed;
  }

  destroy(): void {
    this.calls.push('destroy');
  }
}

const CHECK_EVERY = 10_000;
const never = (): Promise<never> => new Promise<never>(() => undefined);

describe('NoticeFeed', () => {
  let made: TestConnection[];
  let feed: NoticeFeed;
  let received: (string | null)[];
  const listen = (notice: string | null): void => void received.push(notice);
  const last = (): TestConnection => made.at(-1)!;
  const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);
  const begin = async (): Promise<void> => {
    last().open();
    await pass(0);
  };

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] });
    made = [];
    received = [];
    const open = (events: NoticeEvents): TestConnection => {
      made.push(new TestConnection(events));
      return last();
    };
    feed = new NoticeFeed(open, () => 1);
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('has no connection and no timer before the first subscription', async () => {
    await pass(60_000);
    expect([made.length, jest.getTimerCount()]).toEqual([0, 0]);
    await feed.close();
  });

  it('opens one connection for all listeners, and passes null when it works', async () => {
    const others: (string | null)[] = [];
    feed.subscribe(listen);
    feed.subscribe((notice) => others.push(notice));
    last().events.receive('before it works');
    expect(received).toEqual([]);
    await begin();
    last().events.receive('text');
    expect([received, others]).toEqual([
      [null, 'text'],
      [null, 'text'],
    ]);
    const later: (string | null)[] = [];
    feed.subscribe((notice) => later.push(notice));
    await new Promise<void>((resolve) => nextTurn(resolve));
    expect([later, received, made.length]).toEqual([[null], [null, 'text'], 1]);
  });

  it('closes the connection with the last listener, and stops all timers', async () => {
    const [one, other] = [feed.subscribe(listen), feed.subscribe(listen)];
    await begin();
    await one();
    expect(last().calls).toEqual([]);
    await other();
    await other();
    expect(last().calls).toEqual(['close', 'destroy']);
    last().events.receive('late');
    last().events.lost();
    await pass(60_000);
    expect([received, made.length, jest.getTimerCount()]).toEqual([[null, null], 1, 0]);
  });

  it('opens another connection for a listener that is added later', async () => {
    await feed.subscribe(listen)();
    expect(last().calls).toEqual(['close', 'destroy']);
    feed.subscribe(listen);
    expect(made).toHaveLength(2);
    made[0]!.open();
    await pass(0);
    expect(received).toEqual([]);
    await begin();
    expect(received).toEqual([null]);
  });

  it('waits a second at most for a connection to close, then destroys it', async () => {
    const remove = feed.subscribe(listen);
    await begin();
    last().closed = never();
    let isReleased = false;
    void remove().then(() => (isReleased = true));
    await pass(999);
    expect([isReleased, last().calls]).toEqual([false, ['close']]);
    await pass(1);
    expect([isReleased, last().calls]).toEqual([true, ['close', 'destroy']]);
  });

  it('does not reject when a connection cannot be closed', async () => {
    const remove = feed.subscribe(listen);
    last().closed = Promise.reject(new Error('not connected'));
    await expect(remove()).resolves.toBeUndefined();
  });

  it('opens a lost connection again, passes null, and no text of the former one', async () => {
    feed.subscribe(listen);
    await begin();
    last().events.lost();
    last().events.lost();
    expect(last().calls).toEqual(['close']);
    await pass(99);
    expect(made).toHaveLength(1);
    await pass(1);
    expect(made).toHaveLength(2);
    made[0]!.events.receive('of the former one');
    expect(received).toEqual([null]);
    await begin();
    last().events.receive('text');
    expect(received).toEqual([null, null, 'text']);
  });

  it('waits longer after each failure, ten seconds at most, without an end', async () => {
    feed.subscribe(listen);
    const pauses: number[] = [];
    for (let n = 0; n < 12; n++) {
      last().refuse(new Error('refused'));
      await pass(0);
      const from = Date.now();
      await jest.advanceTimersToNextTimerAsync();
      pauses.push(Date.now() - from);
      expect(made).toHaveLength(n + 2);
    }
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000, 10_000, 10_000]);
    await begin();
    expect(received).toEqual([null]);
  });

  it('waits longer, too, when connections work and are lost before their first check', async () => {
    feed.subscribe(listen);
    const pauseOfLoss = async (): Promise<number> => {
      last().events.lost();
      const from = Date.now();
      await jest.advanceTimersToNextTimerAsync();
      return Date.now() - from;
    };
    await begin();
    expect(await pauseOfLoss()).toBe(100);
    await begin();
    expect(await pauseOfLoss()).toBe(200);
    await begin();
    await pass(CHECK_EVERY);
    expect(await pauseOfLoss()).toBe(100);
  });

  it('pauses for half to the whole of this time, at random', async () => {
    const opened: number[] = [];
    const open = (events: NoticeEvents): TestConnection => {
      opened.push(Date.now());
      made.push(new TestConnection(events));
      return last();
    };
    new NoticeFeed(open, () => 0).subscribe(listen);
    last().refuse(new Error('refused'));
    await pass(0);
    await jest.advanceTimersToNextTimerAsync();
    expect(opened[1]! - opened[0]!).toBe(50);
  });

  it('gives up a connection that is not open after five seconds', async () => {
    feed.subscribe(listen);
    await pass(4999);
    expect(last().calls).toEqual([]);
    await pass(101);
    expect([made[0]!.calls[0], made.length]).toEqual(['close', 2]);
  });

  it('checks its connection every ten seconds', async () => {
    feed.subscribe(listen);
    await begin();
    await pass(3 * CHECK_EVERY);
    expect([last().calls, received, made.length]).toEqual([['check', 'check', 'check'], [null], 1]);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('closed')), 0],
    ['has no result for five seconds', never, 5000],
  ])('takes a connection whose check %s for lost', async (_, check, ms) => {
    feed.subscribe(listen);
    await begin();
    jest.spyOn(last(), 'check').mockImplementation(check);
    await pass(CHECK_EVERY + ms + 100);
    expect(made).toHaveLength(2);
    await begin();
    expect(received).toEqual([null, null]);
  });

  it('ignores the result of a check after the connection was closed', async () => {
    const remove = feed.subscribe(listen);
    await begin();
    let respond = (): void => undefined;
    last().checked = new Promise<void>((resolve) => (respond = resolve));
    await pass(CHECK_EVERY);
    await remove();
    respond();
    await pass(60_000);
    expect([made.length, jest.getTimerCount()]).toEqual([1, 0]);
  });

  it('close() removes all listeners, also while it waits to connect, and later listeners receive nothing', async () => {
    const remove = feed.subscribe(listen);
    await begin();
    last().events.lost();
    await feed.close();
    await expect(feed.subscribe(listen)()).resolves.toBeUndefined();
    await remove();
    await pass(60_000);
    expect([made.length, received, jest.getTimerCount()]).toEqual([1, [null], 0]);
  });

  it('has timers that do not keep the process alive, except while it closes a connection', async () => {
    const started = jest.spyOn(globalThis, 'setTimeout');
    feed.subscribe(listen);
    await begin();
    last().events.lost();
    const timers = started.mock.results.map(({ value }) => value as NodeJS.Timeout);
    // The limits for opening and closing, the check, and the pause before the next attempt.
    expect(timers.map((timer) => timer.hasRef())).toEqual([false, false, true, false]);
    started.mockRestore();
  });
});
