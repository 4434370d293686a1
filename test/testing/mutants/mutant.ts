import type { SessionKey, SessionStore } from 'nest-session';

/** A store that breaks one promise. */
export interface Mutant {
  /** What it does wrong, as the end of "fails a store that ...". */
  readonly fault: string;
  readonly make: () => SessionStore;
  /** The title of the question that must fail. */
  readonly caughtBy: string;
  /** Makes what the store holds under a key unreadable. */
  readonly spoil?: (store: SessionStore, key: SessionKey) => void;
}
