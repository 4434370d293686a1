import { jest } from '@jest/globals';
import { Deadline, waitAtMost, withDeadline, withRefDeadline } from '../../../lib/core/util/deadline.js';
import { Migration } from '../../../lib/stores/sql/migration.js';
import { collectGarbage } from '../../support/heap.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('Deadline', () => {
  it('keeps no completed call in memory while an earlier one is pending', async () => {
    const limit = new Deadline(60_000);
    limit.start(() => undefined);
    const results = Array.from({ length: 100 }, () => {
      const result = { rows: [] };
      limit.done(limit.start(() => result));
      return new WeakRef(result);
    });
    await turn();
    collectGarbage();
    expect(results.filter((result) => result.deref() !== undefined)).toEqual([]);
  });

  it('gives up pending calls in the order in which they began, and no completed call', async () => {
    const limit = new Deadline(5);
    const late: number[] = [];
    const last = new Promise<void>((resolve) => {
      for (let call = 0; call < 3000; call++) {
        const waiting = limit.start(() => {
          late.push(call);
          if (call === 2998) resolve();
        });
        if (call % 2 === 1) limit.done(waiting);
      }
    });
    await last;
    expect(late).toEqual(Array.from({ length: 1500 }, (_, index) => index * 2));
  });

  it('allows a call that is given up to start another one', async () => {
    const limit = new Deadline(5);
    const order = await new Promise<string[]>((resolve) => {
      const given: string[] = [];
      limit.start(() => {
        given.push('first');
        limit.start(() => resolve([...given, 'second']));
      });
    });
    expect(order).toEqual(['first', 'second']);
  });
});

describe('withDeadline', () => {
  it('settles as its promise within the limit, and rejects with the error after it', async () => {
    const late = () => new Error('late');
    await expect(withDeadline(Promise.resolve(1), 60_000, late)).resolves.toBe(1);
    await expect(withDeadline(Promise.reject(new Error('no')), 60_000, late)).rejects.toThrow('no');
    await expect(withDeadline(new Promise(() => undefined), 5, late)).rejects.toThrow('late');
  });
});

describe('waitAtMost', () => {
  it('rejects as its promise within the limit, and resolves after it', async () => {
    await expect(waitAtMost(60_000, Promise.resolve(1))).resolves.toBeUndefined();
    await expect(waitAtMost(60_000, Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(waitAtMost(5, new Promise(() => undefined))).resolves.toBeUndefined();
  });
});

describe('the timer of a limit', () => {
  const pending = (): Promise<void> => new Promise(() => undefined);
  const late = (): Error => new Error('late');

  it.each<[string, boolean, (work: Promise<void>) => unknown]>([
    ['does not keep the process alive for a request', false, (work) => withDeadline(work, 60_000, late)],
    ['keeps the process alive for a shutdown', true, (work) => waitAtMost(60_000, work)],
    ['keeps the process alive for other work', true, (work) => withRefDeadline(work, 60_000, late)],
    ['keeps the process alive for a migration', true, (work) => new Migration('XStore', () => work).run()],
  ])('%s', (_, isRef, start) => {
    const set = jest.spyOn(globalThis, 'setTimeout');
    try {
      void start(pending());
      const timers = set.mock.results.map(({ value }) => value as NodeJS.Timeout);
      expect(timers.map((timer) => timer.hasRef())).toEqual([isRef]);
      timers.forEach(clearTimeout);
    } finally {
      set.mockRestore();
    }
  });

  it('is cleared when the work settles', async () => {
    const clear = jest.spyOn(globalThis, 'clearTimeout');
    try {
      await waitAtMost(60_000, Promise.resolve());
      await new Promise((resolve) => setImmediate(resolve));
      expect(clear).toHaveBeenCalledTimes(1);
    } finally {
      clear.mockRestore();
    }
  });
});
