import {
  needsCookie,
  planEnd,
  sendsCookie,
  type CookieFacts,
  type EndPlan,
  type EndPolicy,
  type SentFacts,
  type StoreFacts,
} from '../../lib/express/end-plan.js';
import { BOOLEANS, combinations } from '../support/combinations.js';

const POLICIES = combinations<EndPolicy>({
  rolling: BOOLEANS,
  saveUninitialized: BOOLEANS,
  storeTouches: BOOLEANS,
  unset: ['keep', 'destroy'],
});
const IDS = ['sent', 'other', 'not-a-string'] as const;

interface Row<Facts, Result> {
  readonly facts: Facts;
  readonly policy: EndPolicy;
  readonly result: Result;
}

function truthTable<Facts, Result>(
  facts: readonly Facts[],
  decide: (facts: Facts, policy: EndPolicy) => Result,
): Row<Facts, Result>[] {
  return facts.flatMap((one) =>
    POLICIES.map((policy) => ({ facts: one, policy, result: decide(one, policy) })),
  );
}

/** Rows that meet the condition and break the promise. */
function breaking<R>(rows: readonly R[], condition: (row: R) => boolean, promise: (row: R) => boolean): R[] {
  const relevant = rows.filter((row) => condition(row));
  expect(relevant.length).toBeGreaterThan(0);
  return relevant.filter((row) => !promise(row));
}

describe('the store call at the end of a response, for every combination of facts and options', () => {
  type StoreRow = Row<StoreFacts, EndPlan>;
  const ROWS = truthTable(
    combinations<StoreFacts>({
      session: ['present', 'unset', 'falsy'],
      id: IDS,
      hasId: BOOLEANS,
      isOwnIdSent: BOOLEANS,
      isNew: BOOLEANS,
      isModified: BOOLEANS,
      saved: ['nothing', 'other', 'same'],
      isClientGone: BOOLEANS,
      isFirstOutput: BOOLEANS,
      isCookieDue: BOOLEANS,
      isDestroyed: BOOLEANS,
      isWritten: BOOLEANS,
    }),
    planEnd,
  );
  const isPresent = ({ facts }: StoreRow): boolean => facts.session === 'present';
  const isSaveDue = ({ result }: StoreRow): boolean => result === 'save' || result === 'discard';

  it('covers every combination', () => {
    expect(ROWS).toHaveLength(3 ** 3 * 2 ** 9 * 2 ** 4);
  });

  it.each<[string, (row: StoreRow) => boolean, (row: StoreRow) => boolean]>([
    [
      'destroys once, with unset: destroy, a session that was set to null or undefined (R58)',
      () => true,
      ({ facts, policy, result }) =>
        (result === 'destroy') ===
        (policy.unset === 'destroy' && facts.session === 'unset' && facts.hasId && !facts.isDestroyed),
    ],
    [
      'does nothing else without a session (R57)',
      (row) => !isPresent(row) && row.result !== 'destroy',
      ({ result }) => result === 'none',
    ],
    [
      'does nothing for a session without a string id (R59)',
      (row) => isPresent(row) && row.facts.id === 'not-a-string',
      ({ result }) => result === 'none',
    ],
    [
      'saves a session that differs from what was saved (R59)',
      (row) => isPresent(row) && row.facts.id !== 'not-a-string' && row.facts.saved === 'other',
      isSaveDue,
    ],
    [
      'does not save again what counts as saved (R54)',
      ({ facts }) => facts.saved === 'same',
      (row) => !isSaveDue(row),
    ],
    [
      'saves a known session of which no text counts as saved, as with resave (R43, R54)',
      (row) => isPresent(row) && row.facts.id === 'sent' && row.facts.saved === 'nothing',
      isSaveDue,
    ],
    [
      'saves a session under another id if it is modified, or with saveUninitialized (R59)',
      (row) => isPresent(row) && row.facts.id === 'other' && row.facts.saved === 'nothing',
      (row) => isSaveDue(row) === (row.facts.isModified || row.policy.saveUninitialized),
    ],
    [
      'touches a session that it does not save, if the store can and the cookie has the id (R18, R57)',
      (row) => isPresent(row) && !isSaveDue(row),
      ({ facts, policy, result }) =>
        (result === 'touch') === (policy.storeTouches && facts.id === 'sent' && !facts.isWritten),
    ],
    [
      'discards a new session at the first output if its client has disconnected (R68, W25)',
      (row) => isSaveDue(row) && row.facts.isFirstOutput,
      ({ facts, result }) => (result === 'discard') === (facts.isNew && facts.isClientGone),
    ],
    [
      'discards a later change if no cookie has the id of the session (R49, W25)',
      (row) => isSaveDue(row) && !row.facts.isFirstOutput,
      ({ facts, result }) => (result === 'discard') === (!facts.isCookieDue && !facts.isOwnIdSent),
    ],
    [
      'does not depend on rolling (R11)',
      ({ policy }) => policy.rolling,
      ({ facts, policy, result }) => result === planEnd(facts, { ...policy, rolling: false }),
    ],
  ])('%s', (_title, condition, promise) => {
    expect(breaking(ROWS, condition, promise)).toEqual([]);
  });
});

describe('whether a response needs the cookie, for every combination of facts and options', () => {
  type CookieRow = Row<CookieFacts, boolean>;
  const ROWS = truthTable(
    combinations<CookieFacts>({
      id: IDS,
      isModified: BOOLEANS,
      isPersistent: BOOLEANS,
      isDeliverable: BOOLEANS,
    }),
    needsCookie,
  );

  it.each<[string, (row: CookieRow) => boolean, (row: CookieRow) => boolean]>([
    [
      'needs no cookie without a string id (R42)',
      ({ facts }) => facts.id === 'not-a-string',
      ({ result }) => !result,
    ],
    [
      'needs no cookie that must not be sent over this connection (R40)',
      ({ facts }) => !facts.isDeliverable,
      ({ result }) => !result,
    ],
    [
      'needs a cookie for another id if the session is modified, or with saveUninitialized (R42)',
      ({ facts }) => facts.id === 'other' && facts.isDeliverable,
      ({ facts, policy, result }) => result === (facts.isModified || policy.saveUninitialized),
    ],
    [
      'needs a cookie for a known id with rolling, or if the session is modified and its cookie expires (R42)',
      ({ facts }) => facts.id === 'sent' && facts.isDeliverable,
      ({ facts, policy, result }) => result === (policy.rolling || (facts.isModified && facts.isPersistent)),
    ],
  ])('%s', (_title, condition, promise) => {
    expect(breaking(ROWS, condition, promise)).toEqual([]);
  });
});

describe('whether a response sends the cookie, for every combination of facts', () => {
  const ROWS = combinations<SentFacts>({
    id: IDS,
    isCookieDue: BOOLEANS,
    isStored: BOOLEANS,
    hasFailed: BOOLEANS,
    hasThrown: BOOLEANS,
  });

  it.each<[string, (facts: SentFacts) => boolean, (facts: SentFacts) => boolean]>([
    [
      'sends no cookie that is not due (R42)',
      ({ isCookieDue }) => !isCookieDue,
      (facts) => !sendsCookie(facts),
    ],
    ['sends a cookie for a stored session', (facts) => facts.isCookieDue && facts.isStored, sendsCookie],
    [
      'sends a cookie for a known id after a save that threw',
      (facts) => facts.isCookieDue && facts.id === 'sent' && !facts.hasFailed,
      sendsCookie,
    ],
    [
      'sends no cookie for a new id that could not be stored (W4)',
      (facts) => facts.id !== 'sent' && !facts.isStored && (facts.hasFailed || facts.hasThrown),
      (facts) => !sendsCookie(facts),
    ],
    [
      'sends a cookie if no save failed',
      (facts) => facts.isCookieDue && !facts.hasFailed && !facts.hasThrown,
      sendsCookie,
    ],
  ])('%s', (_title, condition, promise) => {
    expect(breaking(ROWS, condition, promise)).toEqual([]);
  });
});
