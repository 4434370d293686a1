import type { SessionKey } from '../core/session-id.js';
import type { SessionStore } from '../core/store/session-store.js';
import { CLAIMS, NO_CLAIMS } from './claim-contract.js';
import type { Cases } from './contract-records.js';
import { corruptRecordCases, ODD_DATA } from './data-contract.js';
import { ENGINE_CONCURRENCY, ENGINE_LIFETIMES, ENGINE_TIMEOUTS } from './engine-contract.js';
import { EPOCHS, NO_EPOCHS } from './epoch-contract.js';
import { GIVEN_RECORDS } from './given-records-contract.js';
import { LIFE_CYCLE, NO_RESURRECTION } from './life-cycle-contract.js';
import { LARGE_PATCHES } from './large-patch-contract.js';
import { LIMITS, NO_LIMITS } from './limit-contract.js';
import { LIMIT_RACES, LIMITS_AND_EPOCHS } from './limit-race-contract.js';
import { NAMES } from './name-contract.js';
import { NO_LOST_UPDATE } from './patch-contract.js';
import { NO_NOTICES, noticeCases, type StoreInstances } from './notice-contract.js';
import { NO_PRINCIPALS, PRINCIPALS } from './principal-contract.js';
import { REKEY, REVISION } from './rekey-contract.js';
import { ATOMIC_REKEY, REKEY_IN_TWO_STEPS } from './rekey-window-contract.js';
import { NO_SCAN, SCAN } from './scan-contract.js';
import { NO_SWEEP, SWEEP } from './sweep-contract.js';

/** The store that {@link describeStoreContract} tests, and what it can do. */
export interface StoreContractOptions<S extends SessionStore = SessionStore> {
  /** The functions of the test runner. */
  readonly runner: TestRunner;
  /** Creates a store without records, or empties one. Called before each test. */
  readonly create: () => S | Promise<S>;
  /** Closes a store. Called after each test. */
  readonly dispose?: (store: S) => void | Promise<void>;
  /**
   * Whether the store is an `ExpirySweeper`. `false` for a store whose server removes expired records itself.
   * @defaultValue `true`
   */
  readonly sweeps?: boolean;
  /**
   * Whether the store has `ExpiryClaims`.
   * @defaultValue `true`
   */
  readonly claimsExpired?: boolean;
  /**
   * Whether the store is a `PrincipalIndex`.
   * @defaultValue `true`
   */
  readonly indexesPrincipals?: boolean;
  /**
   * Whether the store has `SessionEpochs`.
   * @defaultValue `true`
   */
  readonly epochs?: boolean;
  /**
   * Whether the store has `SessionLimits`.
   * @defaultValue `true`
   */
  readonly limits?: boolean;
  /**
   * Whether the store has `SessionScan`.
   * @defaultValue `true`
   */
  readonly scans?: boolean;
  /**
   * Whether the store has `StoreNotices`.
   * @defaultValue `true`
   */
  readonly notices?: boolean;
  /**
   * Opens further instances, to test that notices reach them. Without it, the contract tests notices within
   * one instance.
   */
  readonly instances?: StoreInstances<S>;
  /**
   * Whether `rekey` changes both keys in one step. `false` for a store whose servers cannot, such as Redis
   * Cluster: both keys may then be readable during a rekey, see `SessionStore.rekey`.
   * @defaultValue `true`
   */
  readonly atomicRekey?: boolean;
  /** Makes the record under a key unreadable. Without it, the contract does not test unreadable records. */
  readonly spoil?: (store: S, key: SessionKey) => void | Promise<void>;
}

/** The functions of a test runner: jest, vitest, mocha or node:test. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
  readonly beforeEach: (body: () => Promise<void>) => unknown;
  readonly afterEach: (body: () => Promise<void>) => unknown;
}

/**
 * Registers a test for each promise of `SessionStore`, with the functions of any test runner.
 *
 * @example
 * ```ts
 * import { MemorySessionStore } from 'nest-session';
 * import { describeStoreContract } from 'nest-session/testing';
 *
 * const runner = { describe, it, beforeEach, afterEach };
 * describeStoreContract('MemorySessionStore', { runner, create: () => new MemorySessionStore() });
 * ```
 */
export function describeStoreContract<S extends SessionStore>(
  name: string,
  options: StoreContractOptions<S>,
): void {
  const { create, dispose } = options;
  const { describe, it, beforeEach, afterEach } = options.runner;
  describe(`${name} keeps the store contract`, () => {
    let store: S;
    beforeEach(async () => {
      store = await create();
    });
    afterEach(async () => {
      await dispose?.(store);
    });
    const register = (cases: Cases<S>): void =>
      Object.entries(cases).forEach(([title, run]) => it(title, () => run(store)));
    register(casesFor(options));
    for (const { group, isOn, cases, without } of powersOf(options)) {
      if (isOn) describe(group, () => register(cases));
      else register(without);
    }
    describe('with the engine', () =>
      register({ ...ENGINE_TIMEOUTS, ...ENGINE_LIFETIMES, ...ENGINE_CONCURRENCY }));
  });
}

function casesFor<S extends SessionStore>({ atomicRekey = true, spoil }: StoreContractOptions<S>): Cases<S> {
  return {
    ...LIFE_CYCLE,
    ...NO_RESURRECTION,
    ...NO_LOST_UPDATE,
    ...LARGE_PATCHES,
    ...GIVEN_RECORDS,
    ...NAMES,
    ...ODD_DATA,
    ...REKEY,
    ...(atomicRekey ? ATOMIC_REKEY : REKEY_IN_TWO_STEPS),
    ...REVISION,
    ...(spoil === undefined ? {} : corruptRecordCases(spoil)),
  };
}

/** The cases of an optional power. */
interface Power<S extends SessionStore> {
  /** The title of their group. */
  readonly group: string;
  readonly isOn: boolean;
  readonly cases: Cases<S>;
  /** The case of a store without the power. */
  readonly without: Cases;
}

function powersOf<S extends SessionStore>({
  sweeps = true,
  claimsExpired = true,
  indexesPrincipals = true,
  epochs = true,
  limits = true,
  scans = true,
  notices = true,
  instances,
  dispose,
}: StoreContractOptions<S>): Power<S>[] {
  const limitCases = { ...LIMITS, ...LIMIT_RACES, ...(epochs ? LIMITS_AND_EPOCHS : {}) };
  return [
    { group: 'expiry', isOn: sweeps, cases: SWEEP, without: NO_SWEEP },
    { group: 'claims', isOn: claimsExpired, cases: CLAIMS, without: NO_CLAIMS },
    { group: 'principals', isOn: indexesPrincipals, cases: PRINCIPALS, without: NO_PRINCIPALS },
    { group: 'epochs', isOn: epochs, cases: EPOCHS, without: NO_EPOCHS },
    { group: 'limits', isOn: limits, cases: limitCases, without: NO_LIMITS },
    { group: 'scan', isOn: scans, cases: SCAN, without: NO_SCAN },
    { group: 'notices', isOn: notices, cases: noticeCases(instances, dispose), without: NO_NOTICES },
  ];
}
