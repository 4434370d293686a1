import { type NoticeListener, NoticeListeners } from '../../core/store/notice-listeners.js';
import { checkNotice } from '../../core/store/notice-text.js';
import type { StoreNotices } from '../../core/store/store-powers.js';
import { nextTurn } from '../../core/util/clock.js';

/** Notices within this process. Listeners run in a later turn of the event loop, as with a server. */
export class LocalNotices implements StoreNotices {
  readonly #listeners = new NoticeListeners();

  async publish(notice: string): Promise<void> {
    checkNotice(notice);
    await new Promise<void>((resolve) =>
      nextTurn(() => {
        this.#listeners.pass(notice);
        resolve();
      }),
    );
  }

  subscribe(onNotice: NoticeListener): () => Promise<void> {
    const subscription = this.#listeners.add(onNotice);
    subscription.begin();
    return async () => subscription.remove();
  }
}
