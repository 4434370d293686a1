import { jest } from '@jest/globals';
import { SessionError } from '../../../lib/core/errors.js';
import type { SessionEvent } from '../../../lib/core/session-event.js';
import { SweepTimer } from '../../../lib/core/store/sweep-timer.js';
import { FakeClock } from 'nest-session/testing';

const EVERY = 60_000;
const NOW = 1_700_000_000_000;

/** A store that writes down how it was asked and answers what it is told to. */
function sweeper(...answers: (number | Error | Promise<number>)[]) {
  const asked: { before: number; limit: number }[] = [];
  const deleteExpired = async (before: number, limit: number): Promise<number> => {
    asked.push({ before, limit });
    const answer = answers.length === 0 ? 0 : answers.shift()!;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { asked, deleteExpired };
}

describe('SweepTimer', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('sweeps once per interval, first at its end', async () => {
    const store = sweeper();
    new SweepTimer(store, new FakeClock(NOW), EVERY, () => 0).start();
    await jest.advanceTimersByTimeAsync(EVERY - 1);
    expect(store.asked).toHaveLength(0);
    await jest.advanceTimersByTimeAsync(1);
    expect(store.asked).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(3 * EVERY);
    expect(store.asked).toHaveLength(4);
  });

  it('waits up to a fifth longer, at random: nodes that start together sweep at different times', async () => {
    const store = sweeper();
    new SweepTimer(store, new FakeClock(NOW), EVERY, () => 0.5).start();
    await jest.advanceTimersByTimeAsync(1.1 * EVERY - 1);
    expect(store.asked).toHaveLength(0);
    await jest.advanceTimersByTimeAsync(1);
    expect(store.asked).toHaveLength(1);
  });

  it('does not wait without a limit for a store that does not return', async () => {
    const store = sweeper(new Promise<number>(() => undefined));
    new SweepTimer(store, new FakeClock(NOW), EVERY, () => 0).start();
    await jest.advanceTimersByTimeAsync(3 * EVERY);
    expect(store.asked).toHaveLength(2);
  });

  it('deletes sessions that expired five minutes ago by its clock: clocks differ, and requests use sessions', async () => {
    const store = sweeper();
    await new SweepTimer(store, new FakeClock(NOW), EVERY, () => 0).sweep();
    expect(store.asked).toEqual([{ before: NOW - 300_000, limit: expect.any(Number) as number }]);
  });

  it('sweeps in batches until one is not full, and returns the number of deleted sessions', async () => {
    const store = sweeper(1000, 1000, 7);
    expect(await new SweepTimer(store, new FakeClock(NOW), EVERY, () => 0).sweep()).toBe(2007);
    expect(store.asked.map(({ limit }) => limit)).toEqual([1000, 1000, 1000]);
  });

  it.each([[undefined], [Number.NaN], [-1]])('ends a sweep if a batch returns %p', async (count) => {
    const store = sweeper(count as number);
    expect(await new SweepTimer(store, new FakeClock(NOW), EVERY, () => 0).sweep()).toBe(0);
    expect(store.asked).toHaveLength(1);
  });

  it('waits no longer than a timer supports', async () => {
    const store = sweeper();
    new SweepTimer(store, new FakeClock(NOW), 2_147_483_647, () => 0.99).start();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(store.asked).toHaveLength(0);
  });

  it('deletes another batch after a full one', async () => {
    const store = sweeper(1000, 0);
    expect(await new SweepTimer(store, new FakeClock(NOW), EVERY, () => 0).sweep()).toBe(1000);
  });

  it('keeps no process alive', () => {
    const timers = jest.spyOn(globalThis, 'setTimeout');
    new SweepTimer(sweeper(), new FakeClock(NOW), EVERY, () => 0).start();
    expect(timers).toHaveBeenCalledTimes(1);
    expect((timers.mock.results[0]!.value as NodeJS.Timeout).hasRef()).toBe(false);
    timers.mockRestore();
  });

  it('keeps no process alive in later intervals either', async () => {
    const schedule = new SweepTimer(sweeper(), new FakeClock(NOW), EVERY, () => 0);
    schedule.start();
    const timers = jest.spyOn(globalThis, 'setTimeout');
    await jest.advanceTimersByTimeAsync(EVERY);
    const made = timers.mock.results.map(({ value }) => value as NodeJS.Timeout);
    expect(made.length).toBeGreaterThan(0);
    for (const timer of made) expect(timer.hasRef()).toBe(false);
    timers.mockRestore();
  });

  it('tries again in the next interval when a sweep fails', async () => {
    const store = sweeper(new Error('the store is down'), 3);
    new SweepTimer(store, new FakeClock(NOW), EVERY, () => 0).start();
    await jest.advanceTimersByTimeAsync(2 * EVERY);
    expect(store.asked).toHaveLength(2);
  });

  it('emits an event for each sweep that fails, with the error of the store', async () => {
    const fault = new Error('the store is down');
    const events: SessionEvent[] = [];
    const store = sweeper(fault, 3, fault);
    const emit = (event: SessionEvent): unknown => events.push(event);
    new SweepTimer(store, new FakeClock(NOW), EVERY, () => 0, emit).start();
    await jest.advanceTimersByTimeAsync(3 * EVERY);
    expect(events).toEqual([
      { type: 'sweep-failed', error: expect.any(SessionError) as unknown },
      { type: 'sweep-failed', error: expect.any(SessionError) as unknown },
    ]);
    expect(events[0]).toMatchObject({ error: { code: 'ERR_SESSION_STORE', cause: fault } });
  });

  it('continues when a listener of that event throws', async () => {
    const store = sweeper(new Error('the store is down'), 3);
    const emit = (): never => {
      throw new Error('the listener fails');
    };
    new SweepTimer(store, new FakeClock(NOW), EVERY, () => 0, emit).start();
    await jest.advanceTimersByTimeAsync(2 * EVERY);
    expect(store.asked).toHaveLength(2);
  });

  it('emits nothing when it is stopped during a sweep, which fails because its store is closed', async () => {
    let fail!: (error: Error) => void;
    const store = sweeper(new Promise<number>((_, reject) => (fail = reject)));
    const events: SessionEvent[] = [];
    const emit = (event: SessionEvent): unknown => events.push(event);
    const schedule = new SweepTimer(store, new FakeClock(NOW), EVERY, () => 0, emit);
    schedule.start();
    await jest.advanceTimersByTimeAsync(EVERY);
    schedule.stop();
    fail(new Error('closed'));
    await jest.advanceTimersByTimeAsync(EVERY);
    expect(events).toEqual([]);
  });

  it('rejects sweep() when the store fails', async () => {
    const schedule = new SweepTimer(
      sweeper(new Error('the store is down')),
      new FakeClock(NOW),
      EVERY,
      () => 0,
    );
    await expect(schedule.sweep()).rejects.toThrow('the store is down');
  });

  it('does not begin a sweep while one is under way', async () => {
    let finish!: (count: number) => void;
    const store = sweeper(new Promise<number>((resolve) => (finish = resolve)));
    new SweepTimer(store, new FakeClock(NOW), EVERY / 5, () => 0).start();
    await jest.advanceTimersByTimeAsync(EVERY);
    expect(store.asked).toHaveLength(1);
    finish(0);
    await jest.advanceTimersByTimeAsync(EVERY / 5);
    expect(store.asked).toHaveLength(2);
  });

  it('does not sweep after stop()', async () => {
    const store = sweeper();
    const schedule = new SweepTimer(store, new FakeClock(NOW), EVERY, () => 0);
    schedule.start();
    schedule.stop();
    await jest.advanceTimersByTimeAsync(5 * EVERY);
    expect(store.asked).toHaveLength(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not sweep again when it is stopped during a sweep', async () => {
    let finish!: (count: number) => void;
    const store = sweeper(new Promise<number>((resolve) => (finish = resolve)));
    const schedule = new SweepTimer(store, new FakeClock(NOW), EVERY, () => 0);
    schedule.start();
    await jest.advanceTimersByTimeAsync(EVERY);
    schedule.stop();
    finish(0);
    await jest.advanceTimersByTimeAsync(5 * EVERY);
    expect(store.asked).toHaveLength(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('deletes no further batch when it is stopped during a sweep: the store may be closed', async () => {
    let finish!: (count: number) => void;
    const store = sweeper(new Promise<number>((resolve) => (finish = resolve)), 1000, 0);
    const schedule = new SweepTimer(store, new FakeClock(NOW), EVERY, () => 0);
    schedule.start();
    await jest.advanceTimersByTimeAsync(EVERY);
    schedule.stop();
    finish(1000);
    await jest.advanceTimersByTimeAsync(EVERY);
    expect(store.asked).toHaveLength(1);
  });

  it('runs one timer if it is started several times, also during a sweep', async () => {
    let finish!: (count: number) => void;
    const store = sweeper(new Promise<number>((resolve) => (finish = resolve)));
    const schedule = new SweepTimer(store, new FakeClock(NOW), EVERY, () => 0);
    schedule.start();
    schedule.start();
    expect(jest.getTimerCount()).toBe(1);
    await jest.advanceTimersByTimeAsync(EVERY);
    schedule.stop();
    schedule.start();
    finish(0);
    await jest.advanceTimersByTimeAsync(0);
    expect(jest.getTimerCount()).toBe(1);
    await jest.advanceTimersByTimeAsync(EVERY);
    expect(store.asked).toHaveLength(2);
  });

  it('can be stopped without having been started', () => {
    new SweepTimer(sweeper(), new FakeClock(NOW), EVERY, () => 0).stop();
    expect(jest.getTimerCount()).toBe(0);
  });
});
