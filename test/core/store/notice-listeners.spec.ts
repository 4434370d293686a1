import { jest } from '@jest/globals';
import { NoticeListeners } from '../../../lib/core/store/notice-listeners.js';
import { nextTurn } from '../../../lib/core/util/clock.js';

const aTurn = (): Promise<void> => new Promise((resolve) => nextTurn(resolve));

/** A listener and what it has received. */
function inbox() {
  const received: (string | null)[] = [];
  return { received, onNotice: (notice: string | null) => void received.push(notice) };
}

describe('NoticeListeners', () => {
  it('pass a listener nothing before it begins, then null in a later turn, then texts', async () => {
    const listeners = new NoticeListeners();
    const { received, onNotice } = inbox();
    const { begin } = listeners.add(onNotice);
    listeners.pass('before');
    begin();
    listeners.pass('before its turn');
    expect(received).toEqual([]);
    await aTurn();
    listeners.pass('text');
    expect(received).toEqual([null, 'text']);
  });

  it('pass null once to a listener that begins while all begin', async () => {
    const listeners = new NoticeListeners();
    const { received, onNotice } = inbox();
    listeners.add(onNotice).begin();
    listeners.beginAll();
    await aTurn();
    expect(received).toEqual([null]);
    listeners.beginAll();
    expect(received).toEqual([null, null]);
  });

  it('pass nothing to a listener that is removed, also by another listener, and also before its turn', async () => {
    const listeners = new NoticeListeners();
    const [first, second, third] = [inbox(), inbox(), inbox()];
    const removals: (() => void)[] = [];
    listeners.add((notice) => {
      first.onNotice(notice);
      removals.forEach((remove) => remove());
    });
    removals.push(listeners.add(second.onNotice).remove);
    listeners.beginAll();
    const { begin, remove } = listeners.add(third.onNotice);
    begin();
    remove();
    await aTurn();
    expect([first.received, second.received, third.received]).toEqual([[null], [], []]);
  });

  it('are empty without listeners, and after all were removed', () => {
    const listeners = new NoticeListeners();
    expect(listeners.isEmpty).toBe(true);
    const { remove } = listeners.add(() => undefined);
    expect(listeners.isEmpty).toBe(false);
    remove();
    expect(listeners.isEmpty).toBe(true);
    listeners.add(() => undefined);
    listeners.clear();
    expect(listeners.isEmpty).toBe(true);
  });

  it('pass a text to all listeners although one throws, whose error becomes an uncaught exception', () => {
    const listeners = new NoticeListeners();
    const { received, onNotice } = inbox();
    const thrown = new Error('of a listener');
    listeners.add(() => {
      throw thrown;
    });
    listeners.add(onNotice);
    const microtasks: (() => void)[] = [];
    const queued = jest
      .spyOn(globalThis, 'queueMicrotask')
      .mockImplementation((run) => void microtasks.push(run));
    listeners.beginAll();
    queued.mockRestore();
    expect(received).toEqual([null]);
    expect(microtasks).toHaveLength(1);
    expect(microtasks[0]).toThrow(thrown);
  });
});
