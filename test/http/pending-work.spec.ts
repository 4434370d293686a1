import { PendingWork } from '../../lib/http/pending-work.js';

const never = new Promise<never>(() => undefined);

describe('pending work', () => {
  it('is done immediately where there is none', async () => {
    await new PendingWork().done(60_000);
  });

  it('waits for all work, failed work and work that is added meanwhile', async () => {
    const work = new PendingWork();
    const finished: string[] = [];
    const step = async (name: string): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      finished.push(name);
    };
    work.add(step('first').then(() => work.add(step('second'))));
    work.add(Promise.reject(new Error('down')));
    await work.done(60_000);
    expect(finished).toEqual(['first', 'second']);
  });

  it('waits no longer than the limit', async () => {
    const work = new PendingWork();
    work.add(never);
    await work.done(1);
  });
});
