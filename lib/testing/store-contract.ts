import type { SessionStore } from '../core/store/session-store.js';
import type { Questions } from './contract-records.js';
import { corruptQuestions, ODD_DATA } from './data-contract.js';
import { describeEngineContract } from './engine-contract.js';
import { GIVEN_RECORDS } from './given-records-contract.js';
import { LIFE_CYCLE, NO_RESURRECTION } from './life-cycle-contract.js';
import { LARGE_PATCHES } from './large-patch-contract.js';
import { NAMES } from './name-contract.js';
import { NO_LOST_UPDATE } from './patch-contract.js';
import { askPrincipalIndex, NO_PRINCIPALS, PRINCIPALS } from './principal-contract.js';
import { REKEY, REVISION } from './rekey-contract.js';
import { ATOMIC_REKEY, REKEY_IN_TWO_STEPS } from './rekey-window-contract.js';
import type { StoreContractOptions } from './store-contract-options.js';
import { askSweeper, NO_SWEEP, SWEEP } from './sweep-contract.js';

/**
 * Asks a store everything that `SessionStore` promises, with the functions of any test runner.
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
  const { runner, create, dispose } = options;
  const { describe, it, beforeEach, afterEach } = runner;
  describe(`${name} keeps the store contract`, () => {
    let store: S;
    beforeEach(async () => {
      store = await create();
    });
    afterEach(async () => {
      await dispose?.(store);
    });
    for (const [title, question] of Object.entries(questionsFor(options))) {
      it(title, () => question(store));
    }
    describeEngineContract(runner, () => store);
  });
}

function questionsFor<S extends SessionStore>({
  sweeps = true,
  indexesPrincipals = true,
  atomicRekey = true,
  spoil,
}: StoreContractOptions<S>): Questions<S> {
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
    ...(sweeps ? askSweeper(SWEEP) : NO_SWEEP),
    ...(indexesPrincipals ? askPrincipalIndex(PRINCIPALS) : NO_PRINCIPALS),
    ...(spoil === undefined ? {} : corruptQuestions(spoil)),
  };
}
