import { LocalNotices } from '../../../lib/stores/memory/local-notices.js';
import type { Mutant } from './mutant.js';
import { ReferenceStore, roundTrip } from './reference-store.js';

type OnNotice = (notice: string | null) => void;

class BeginsWithAText extends ReferenceStore {
  override subscribe(onNotice: OnNotice) {
    return super.subscribe((notice) => onNotice(notice ?? 'begun'));
  }
}

class PassesTextsBeforeNull extends ReferenceStore {
  override subscribe(onNotice: OnNotice) {
    onNotice('a text from before');
    return super.subscribe(onNotice);
  }
}

class PassesTextsInAnyOrder extends ReferenceStore {
  #count = 0;

  override async publish(notice: string) {
    const isLate = ++this.#count % 3 === 0;
    const published = isLate ? roundTrip().then(() => super.publish(notice)) : super.publish(notice);
    if (!isLate) await published;
  }
}

class LosesTexts extends ReferenceStore {
  #count = 0;

  override async publish(notice: string) {
    if (++this.#count !== 2) await super.publish(notice);
  }
}

/** A queue: each text is for one of all readers. */
class PassesTextsInTurn extends ReferenceStore {
  readonly #listeners: OnNotice[] = [];
  #count = 0;

  override subscribe(onNotice: OnNotice) {
    const isMine = (): boolean => this.#listeners[this.#count % this.#listeners.length] === onNotice;
    this.#listeners.push(onNotice);
    return super.subscribe((notice) => {
      if (notice === null || isMine()) onNotice(notice);
    });
  }

  override async publish(notice: string) {
    this.#count++;
    await super.publish(notice);
  }
}

class KeepsRemovedListeners extends ReferenceStore {
  override subscribe(onNotice: OnNotice) {
    super.subscribe(onNotice);
    return async () => undefined;
  }
}

class BeginsAgainForEachRemoval extends ReferenceStore {
  readonly #listeners = new Set<OnNotice>();

  override subscribe(onNotice: OnNotice) {
    this.#listeners.add(onNotice);
    const remove = super.subscribe(onNotice);
    return async () => {
      this.#listeners.delete(onNotice);
      await remove();
      for (const other of this.#listeners) other(null);
    };
  }
}

class KeepsTextsForLater extends ReferenceStore {
  readonly #texts: string[] = [];

  override async publish(notice: string) {
    this.#texts.push(notice);
    await super.publish(notice);
  }

  override subscribe(onNotice: OnNotice) {
    return super.subscribe((notice) => {
      onNotice(notice);
      if (notice === null) this.#texts.splice(0).forEach(onNotice);
    });
  }
}

class CutsTexts extends ReferenceStore {
  override publish(notice: string) {
    return super.publish(notice.slice(0, 4000));
  }
}

class PassesBytesAsText extends ReferenceStore {
  override publish(notice: string) {
    return super.publish(Buffer.from(notice).toString('latin1').slice(0, 2000));
  }
}

class AcceptsAnyText extends ReferenceStore {
  override async publish(notice: string) {
    await super.publish(notice).catch(() => undefined);
  }
}

class PassesOnlyWithinAnInstance extends ReferenceStore {
  #mine = new LocalNotices();

  override publish(notice: string) {
    return this.#mine.publish(notice);
  }

  override subscribe(onNotice: OnNotice) {
    return this.#mine.subscribe(onNotice);
  }
}

const ONE_CHANNEL = new LocalNotices();

class SharesOneChannel extends ReferenceStore {
  override notices = ONE_CHANNEL;
}

const ORDER = 'passes null to each listener, then all texts in order';
const REMOVED = 'passes nothing to a removed listener, and all texts to the others';
const LATER = 'passes null and then texts to a listener that is added after all others were removed';
const SIZES = 'passes texts of 0 to 4096 bytes unchanged';

/** Mutants of `StoreNotices`. */
export const NOTICE_MUTANTS: readonly Mutant[] = [
  { fault: 'passes a text instead of null', make: () => new BeginsWithAText(), caughtBy: ORDER },
  { fault: 'passes a text before null', make: () => new PassesTextsBeforeNull(), caughtBy: ORDER },
  { fault: 'passes texts in another order', make: () => new PassesTextsInAnyOrder(), caughtBy: ORDER },
  { fault: 'loses a text', make: () => new LosesTexts(), caughtBy: ORDER },
  { fault: 'passes each text to one of its listeners', make: () => new PassesTextsInTurn(), caughtBy: ORDER },
  { fault: 'passes texts to a removed listener', make: () => new KeepsRemovedListeners(), caughtBy: REMOVED },
  {
    fault: 'interrupts all listeners when one is removed',
    make: () => new BeginsAgainForEachRemoval(),
    caughtBy: REMOVED,
  },
  { fault: 'passes texts from before a subscription', make: () => new KeepsTextsForLater(), caughtBy: LATER },
  { fault: 'cuts long texts', make: () => new CutsTexts(), caughtBy: SIZES },
  { fault: 'passes bytes instead of characters', make: () => new PassesBytesAsText(), caughtBy: SIZES },
  {
    fault: 'resolves for a text that it does not send',
    make: () => new AcceptsAnyText(),
    caughtBy: 'rejects texts that are longer, or that no server can send, and passes later ones',
  },
  {
    fault: 'passes texts within an instance only',
    make: () => new PassesOnlyWithinAnInstance(),
    caughtBy: 'passes the texts of each instance to the listeners of all instances, in one order',
  },
  {
    fault: 'passes texts to stores of other records',
    make: () => new SharesOneChannel(),
    caughtBy: 'passes no text to an instance over other records',
  },
].map((mutant) => ({ ...mutant, caughtBy: `notices > ${mutant.caughtBy}` }));
