import { AsyncLocalStorage } from 'node:async_hooks';
import { MemorySessionStore } from 'nest-session/http';
import { session } from 'nest-session/express';
import { CountingStore } from '../support/counting-store.js';
import {
  ENTRIES,
  loggedIn,
  memoryStoreOf,
  passed,
  request,
  type AnyMiddleware,
  type Entry,
  type EntryRequest,
} from '../support/socket-entries.js';

/** A store whose loads wait until they are let through, or fail. */
function slowStore(entry: Entry): { store: object; loads: ((error?: Error) => void)[] } {
  const loads: ((error?: Error) => void)[] = [];
  if (entry === 'express') {
    const store = new session.MemoryStore();
    const get = store.get.bind(store);
    store.get = (id, callback) =>
      void loads.push((error) => (error === undefined ? get(id, callback) : callback(error)));
    return { store, loads };
  }
  class SlowStore extends CountingStore {
    override async load(...args: Parameters<CountingStore['load']>) {
      await new Promise<void>((resolve, reject) =>
        loads.push((error) => (error === undefined ? resolve() : reject(error))),
      );
      return super.load(...args);
    }
  }
  return { store: new SlowStore(new MemorySessionStore()), loads };
}

describe.each(ENTRIES)('two calls of %s for one request', (_, entry) => {
  let mw: AnyMiddleware;
  let loads: ((error?: Error) => void)[];
  let req: EntryRequest;
  beforeEach(async () => {
    const slow = slowStore(entry);
    loads = slow.loads;
    mw = memoryStoreOf(entry, slow.store).mount();
    req = request(await loggedIn(entry, mw));
  });

  it('share one load: the second waits for it', async () => {
    const seen: unknown[] = [];
    const first = passed(mw, req, {}).then(() => seen.push(['first', req.session]));
    const second = passed(mw, req, {}).then(() => seen.push(['second', req.session]));
    await new Promise((resolve) => setImmediate(resolve));
    expect([loads.length, seen]).toEqual([1, []]);
    loads[0]!();
    await Promise.all([first, second]);
    expect(loads).toHaveLength(1);
    expect(seen.map((one) => (one as string[])[0])).toEqual(['first', 'second']);
    expect(req.session!['userId']).toBe('u1');
    expect(seen.every((one) => (one as unknown[])[1] === req.session)).toBe(true);
    expect(await passed(mw, req, {})).toBeUndefined();
    expect(loads).toHaveLength(1);
  });

  it('share the error of one load, and a later call loads again', async () => {
    const results = Promise.all([passed(mw, req, {}), passed(mw, req, {})]);
    loads[0]!(new Error('down'));
    const [first, second] = (await results) as Error[];
    expect(first).toBeInstanceOf(Error);
    expect(second!.message).toBe(first!.message);
    const third = passed(mw, req, {});
    expect(loads).toHaveLength(2);
    loads[1]!();
    expect(await third).toBeUndefined();
    expect(req.session!['userId']).toBe('u1');
  });

  it('each continue in their own asynchronous context', async () => {
    const context = new AsyncLocalStorage<string>();
    const inContext = (name: string): Promise<unknown> =>
      context.run(name, () => new Promise((resolve) => mw(req, {}, () => resolve(context.getStore()))));
    const both = Promise.all([inContext('first'), inContext('second')]);
    loads[0]!();
    expect((await both)[1]).toBe('second');
  });
});
