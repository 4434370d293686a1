import { KeyedQueue } from '../../../lib/core/util/keyed-queue.js';

/** A promise that is settled by hand. */
function byHand<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

describe('KeyedQueue', () => {
  it('starts the first task of a key immediately', () => {
    const started: string[] = [];
    void new KeyedQueue().run('a', async () => started.push('first'));
    expect(started).toEqual(['first']);
  });

  it('runs the tasks of one key one after another, in the order of the calls', async () => {
    const queue = new KeyedQueue();
    const [first, second] = [byHand<void>(), byHand<void>()];
    const log: string[] = [];
    const task = (name: string, wait: Promise<void>) => async (): Promise<void> => {
      log.push(`${name} begins`);
      await wait;
      log.push(`${name} ends`);
    };
    const all = [
      queue.run('a', task('1', first.promise)),
      queue.run('a', task('2', second.promise)),
      queue.run('a', task('3', Promise.resolve())),
    ];
    await settle();
    expect(log).toEqual(['1 begins']);
    second.resolve();
    await settle();
    expect(log).toEqual(['1 begins']);
    first.resolve();
    await Promise.all(all);
    expect(log).toEqual(['1 begins', '1 ends', '2 begins', '2 ends', '3 begins', '3 ends']);
  });

  it('runs tasks of different keys concurrently', async () => {
    const queue = new KeyedQueue();
    const slow = byHand<string>();
    const blocked = queue.run('a', () => slow.promise);
    expect(await queue.run('b', async () => 'b')).toBe('b');
    slow.resolve('a');
    expect(await blocked).toBe('a');
  });

  it('returns the result of each task to its caller', async () => {
    const queue = new KeyedQueue();
    const results = Array.from({ length: 50 }, (_, n) => queue.run('a', async () => n));
    expect(await Promise.all(results)).toEqual(Array.from({ length: 50 }, (_, n) => n));
  });

  it('continues after a task that fails, and rejects only for its caller', async () => {
    const queue = new KeyedQueue();
    const failing = queue.run('a', async () => {
      throw new Error('boom');
    });
    const next = queue.run('a', async () => 'fine');
    await expect(failing).rejects.toThrow('boom');
    expect(await next).toBe('fine');
  });

  it('rejects for a task that throws before it returns a promise, and continues', async () => {
    const queue = new KeyedQueue();
    const failing = queue.run('a', () => {
      throw new Error('boom');
    });
    await expect(failing).rejects.toThrow('boom');
    expect(await queue.run('a', async () => 'fine')).toBe('fine');
  });

  it('starts immediately when the earlier tasks have settled: an idle key uses no memory', async () => {
    const queue = new KeyedQueue();
    await queue.run('a', async () => 1);
    let started = false;
    void queue.run('a', async () => (started = true));
    expect(started).toBe(true);
  });

  it('runs a task that is added while the last one runs', async () => {
    const queue = new KeyedQueue();
    const order: number[] = [];
    await queue.run('a', async () => {
      order.push(1);
      void queue.run('a', async () => order.push(2));
    });
    await queue.run('a', async () => order.push(3));
    expect(order).toEqual([1, 2, 3]);
  });
});
