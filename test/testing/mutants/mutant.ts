import type { SessionKey, SessionStore } from 'nest-session';

/** A store that breaks one promise. */
export interface Mutant {
  /** Its fault, as the end of "fails a store that ...". */
  readonly fault: string;
  readonly make: () => SessionStore;
  /** Title of the case that must fail. */
  readonly caughtBy: string;
  /** Makes the record under a key unreadable. */
  readonly spoil?: (store: SessionStore, key: SessionKey) => void;
}
