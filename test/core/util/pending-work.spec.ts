import { PendingWork } from '../../../lib/core/util/pending-work.js';

describe('PendingWork', () => {
  it('waits for all promises, resolved or rejected, and for those that are added meanwhile', async () => {
    const work = new PendingWork();
    const order: string[] = [];
    const step = async (name: string): Promise<string> => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push(name);
      return name;
    };
    const failing = step('failed').then(() => Promise.reject(new Error('failed')));
    work.add(failing).catch(() => undefined);
    const first = work.add(step('first').finally(() => void work.add(step('added'))));
    await work.done(60_000);
    expect(order).toEqual(['failed', 'first', 'added']);
    await expect(first).resolves.toBe('first');
  });

  it('resolves after the limit when a promise is still pending', async () => {
    const work = new PendingWork();
    void work.add(new Promise(() => undefined));
    await expect(work.done(5)).resolves.toBeUndefined();
  });
});
