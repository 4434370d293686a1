import { MemorySessionStore } from 'nest-session';
import { describeStoreContract, type StoreContractOptions } from 'nest-session/testing';
import { CLAIM_MUTANTS } from './mutants/claim-mutants.js';
import { CORRUPT_MUTANTS, spoilReference } from './mutants/corrupt-mutants.js';
import { DATA_MUTANTS } from './mutants/data-mutants.js';
import { EPOCH_MUTANTS } from './mutants/epoch-mutants.js';
import { LIFE_CYCLE_MUTANTS } from './mutants/life-cycle-mutants.js';
import { LIMIT_MUTANTS } from './mutants/limit-mutants.js';
import type { Mutant } from './mutants/mutant.js';
import { NOTICE_MUTANTS } from './mutants/notice-mutants.js';
import { PATCH_MUTANTS } from './mutants/patch-mutants.js';
import { PRINCIPAL_MUTANTS } from './mutants/principal-mutants.js';
import { runRecorded, type Outcomes } from './mutants/recording-runner.js';
import { INSTANCES, ReferenceStore } from './mutants/reference-store.js';
import { CreatesBeforeItClaims, REKEY_MUTANTS, TWO_STEP_MUTANTS } from './mutants/rekey-mutants.js';
import { SCAN_MUTANTS } from './mutants/scan-mutants.js';
import { SWEEP_MUTANTS } from './mutants/sweep-mutants.js';

const MUTANTS: readonly Mutant[] = [
  ...LIFE_CYCLE_MUTANTS,
  ...PATCH_MUTANTS,
  ...DATA_MUTANTS,
  ...REKEY_MUTANTS,
  ...SWEEP_MUTANTS,
  ...CLAIM_MUTANTS,
  ...PRINCIPAL_MUTANTS,
  ...EPOCH_MUTANTS,
  ...LIMIT_MUTANTS,
  ...SCAN_MUTANTS,
  ...NOTICE_MUTANTS,
  ...CORRUPT_MUTANTS,
];

const outcomesOf = (
  options: Omit<StoreContractOptions, 'runner'>,
  isSelected?: (title: string) => boolean,
): Promise<Outcomes> =>
  runRecorded((runner) => describeStoreContract('A store', { runner, ...options }), isSelected);

const failedIn = (outcomes: Outcomes): string[] =>
  [...outcomes].flatMap(([title, error]) => (error === null ? [] : [title]));

/** The cases with these titles that a mutant fails. */
async function failedBy({ make, spoil }: Mutant, titles: ReadonlySet<string>): Promise<string[]> {
  const options = { create: make, instances: INSTANCES, ...(spoil && { spoil }) };
  return failedIn(await outcomesOf(options, (title) => titles.has(title)));
}

const REFERENCE = { create: () => new ReferenceStore(), spoil: spoilReference, instances: INSTANCES };

describe('describeStoreContract', () => {
  it('passes a store that keeps every promise', async () => {
    const outcomes = await outcomesOf(REFERENCE);
    expect(failedIn(outcomes)).toEqual([]);
    expect(outcomes.size).toBeGreaterThan(50);
  });

  it('passes the memory store', async () => {
    expect(failedIn(await outcomesOf({ create: () => new MemorySessionStore() }))).toEqual([]);
  });

  it.each(MUTANTS)('fails a store that $fault', async (mutant) => {
    expect(await failedBy(mutant, new Set([mutant.caughtBy]))).toEqual([mutant.caughtBy]);
  });

  it('has no case that every mutant passes', async () => {
    const outcomes = await outcomesOf(REFERENCE);
    const unfailed = new Set(outcomes.keys());
    for (const { caughtBy } of MUTANTS) unfailed.delete(caughtBy);
    for (const mutant of MUTANTS)
      for (const title of await failedBy(mutant, unfailed)) unfailed.delete(title);
    expect([...unfailed]).toEqual([]);
  });

  describe('with the option atomicRekey: false', () => {
    it('passes a store that has both keys for a moment', async () => {
      const outcomes = await outcomesOf({ create: () => new CreatesBeforeItClaims(), atomicRekey: false });
      expect(failedIn(outcomes)).toEqual([]);
    });

    it.each(TWO_STEP_MUTANTS)('fails a store that $fault', async ({ make, caughtBy }) => {
      const outcomes = await outcomesOf({ create: make, atomicRekey: false }, (title) => title === caughtBy);
      expect(failedIn(outcomes)).toEqual([caughtBy]);
    });
  });

  it('fails a store that has powers although its options say that it does not', async () => {
    const none = { sweeps: false, claimsExpired: false, indexesPrincipals: false };
    const options = { ...none, epochs: false, limits: false, scans: false, notices: false };
    expect(failedIn(await outcomesOf({ create: () => new ReferenceStore(), ...options }))).toEqual([
      'has no deleteExpired() with sweeps: false',
      'has no claimExpired() with claimsExpired: false',
      'has neither listByPrincipal() nor deleteByPrincipal() with indexesPrincipals: false',
      'has neither epoch() nor advanceEpoch() with epochs: false',
      'has no limitsSessions with limits: false',
      'has no scan() with scans: false',
      'has neither publish() nor subscribe() with notices: false',
    ]);
  });
});
