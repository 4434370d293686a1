import type { SessionKey } from '../core/session-id.js';
import type { SessionStore } from '../core/store/session-store.js';

/** What the contract suite needs to know of a store. */
export interface StoreContractOptions<S extends SessionStore = SessionStore> {
  /** The functions of the runner at hand. */
  readonly runner: TestRunner;
  /** Makes a store without records, or empties one. Called before each test. */
  readonly create: () => S | Promise<S>;
  /** Closes a store. Called after each test. */
  readonly dispose?: (store: S) => void | Promise<void>;
  /**
   * Whether the store is an `ExpirySweeper`; `false` for one whose server lets expired records go by itself.
   * @defaultValue `true`
   */
  readonly sweeps?: boolean;
  /**
   * Whether the store is a `PrincipalIndex`.
   * @defaultValue `true`
   */
  readonly indexesPrincipals?: boolean;
  /**
   * Whether `rekey` changes both keys in one step. `false` for a store whose servers cannot, such as Redis Cluster: then
   * both keys may be readable while a rekey is under way, see `SessionStore.rekey`.
   * @defaultValue `true`
   */
  readonly atomicRekey?: boolean;
  /** Makes what the store holds under a key unreadable. Without it the suite does not ask about such records. */
  readonly spoil?: (store: S, key: SessionKey) => void | Promise<void>;
}

/** The functions of a test runner: of jest, vitest, mocha or node:test. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
  readonly beforeEach: (body: () => Promise<void>) => unknown;
  readonly afterEach: (body: () => Promise<void>) => unknown;
}
