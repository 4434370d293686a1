import { deepStrictEqual, ok, rejects } from 'node:assert';
import type { SessionStore } from '../core/store/session-store.js';
import { hasNotices, type StoreNotices } from '../core/store/store-powers.js';
import { type Cases, requiring, times } from './contract-records.js';
import { NoticeInbox } from './notice-inbox.js';

type NoticeStore = SessionStore & StoreNotices;

/** Opens further instances of a store, for the tests of notices. `dispose` closes them. */
export interface StoreInstances<S extends SessionStore> {
  /** Another instance over the records of `store`, as in another process. */
  readonly same: (store: S) => S | Promise<S>;
  /** An instance over other records of the same server. */
  readonly other: (store: S) => S | Promise<S>;
}

/** The case of a store with the option `notices: false`. */
export const NO_NOTICES: Cases = {
  'has neither publish() nor subscribe() with notices: false': async (store) => {
    ok(!hasNotices(store), 'The store has publish() and subscribe(). Remove the option notices: false.');
  },
};

const NOTICE_CASES: Cases<NoticeStore> = {
  'passes null to each listener, then all texts in order': async (store) => {
    const first = new NoticeInbox(store);
    await first.has([null]);
    const second = new NoticeInbox(store);
    await second.has([null]);
    const texts = times(30, (n) => `text ${n}`);
    for (const text of texts) await store.publish(text);
    await first.has([null, ...texts]);
    await second.has([null, ...texts]);
    await Promise.all([first.remove(), second.remove()]);
  },
  'passes nothing to a removed listener, and all texts to the others': async (store) => {
    const [removed, other] = [new NoticeInbox(store), new NoticeInbox(store)];
    await Promise.all([removed.has([null]), other.has([null])]);
    await removed.remove();
    await removed.remove();
    for (const text of ['one', 'two']) await store.publish(text);
    await other.has([null, 'one', 'two']);
    await removed.has([null]);
    await other.remove();
  },
  'passes null and then texts to a listener that is added after all others were removed': async (store) => {
    const former = new NoticeInbox(store);
    await former.has([null]);
    await former.remove();
    await store.publish('for nobody');
    const later = new NoticeInbox(store);
    await later.has([null]);
    await store.publish('for one');
    await later.has([null, 'for one']);
    await later.remove();
    await former.has([null]);
  },
  'passes texts of 0 to 4096 bytes unchanged': async (store) => {
    const inbox = new NoticeInbox(store);
    await inbox.has([null]);
    const texts = ['', 'x'.repeat(4096), 'é€😀\\"\'\r\n$1 {}', '€'.repeat(1365), '😀'.repeat(1024)];
    for (const text of texts) await store.publish(text);
    await inbox.has([null, ...texts]);
    await inbox.remove();
  },
  'rejects texts that are longer, or that no server can send, and passes later ones': async (store) => {
    const inbox = new NoticeInbox(store);
    await inbox.has([null]);
    for (const text of ['x'.repeat(4097), '€'.repeat(1366), 'a\0b', 'a\ud800b'])
      await rejects(async () => store.publish(text));
    await store.publish('short');
    await inbox.has([null, 'short']);
    await inbox.remove();
  },
};

/** Cases of a store with `StoreNotices`, with more if further instances can be opened. */
export function noticeCases<S extends SessionStore>(
  instances: StoreInstances<S> | undefined,
  dispose: ((store: S) => void | Promise<void>) | undefined,
): Cases<S> {
  const open = async (make: (store: S) => S | Promise<S>, store: NoticeStore): Promise<NoticeStore> =>
    (await make(store as unknown as S)) as unknown as NoticeStore;
  const close = async (store: NoticeStore): Promise<void> => dispose?.(store as unknown as S);
  const shared = instances && casesOfInstances(instances, open, close);
  return requiring(
    (store): store is NoticeStore => hasNotices(store),
    'The store has no publish() and subscribe(). Set the option notices: false.',
    { ...NOTICE_CASES, ...shared },
  );
}

function casesOfInstances<S extends SessionStore>(
  { same, other }: StoreInstances<S>,
  open: (make: (store: S) => S | Promise<S>, store: NoticeStore) => Promise<NoticeStore>,
  close: (store: NoticeStore) => Promise<void>,
): Cases<NoticeStore> {
  return {
    'passes the texts of each instance to the listeners of all instances, in one order': async (store) => {
      const instances = [store, await open(same, store)];
      const inboxes = instances.map((instance) => new NoticeInbox(instance));
      for (const inbox of inboxes) await inbox.has([null]);
      const texts = times(20, (n) => `text ${n}`);
      for (const [n, text] of texts.entries()) await instances[n % 2]!.publish(text);
      for (const inbox of inboxes) await inbox.has([null, ...texts]);
      for (const inbox of inboxes) await inbox.remove();
      await close(instances[1]!);
    },
    'passes no text to an instance over other records': async (store) => {
      const instances = [store, await open(other, store)];
      const inboxes = instances.map((instance) => new NoticeInbox(instance));
      for (const inbox of inboxes) await inbox.has([null]);
      for (const text of ['first', 'last'])
        for (const [n, instance] of instances.entries()) await instance.publish(`${text} of ${n}`);
      for (const [n, inbox] of inboxes.entries()) await inbox.has([null, `first of ${n}`, `last of ${n}`]);
      for (const inbox of inboxes) await inbox.remove();
      deepStrictEqual(
        inboxes.map(({ received }) => received.length),
        [3, 3],
      );
      await close(instances[1]!);
    },
  };
}
