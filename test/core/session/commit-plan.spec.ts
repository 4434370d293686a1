import {
  cookieAfterFailure,
  planCommit,
  type CommitFacts,
  type CommitPlan,
  type CommitPolicy,
} from '../../../lib/core/session/commit-plan.js';

interface Row {
  readonly facts: CommitFacts;
  readonly policy: CommitPolicy;
  readonly plan: CommitPlan;
}

const BOOLEANS = [true, false] as const;

/** Every combination of the values that each name may have. */
function combinations<T extends object>(domains: { readonly [K in keyof T]: readonly T[K][] }): T[] {
  let all: Partial<T>[] = [{}];
  for (const name of Object.keys(domains) as (keyof T)[]) {
    all = all.flatMap((one) => domains[name].map((value) => ({ ...one, [name]: value })));
  }
  return all as T[];
}

const FACTS = combinations<CommitFacts>({
  origin: ['fresh', 'stored'],
  client: ['nothing', 'stale', 'current'],
  rekeyed: BOOLEANS,
  changed: BOOLEANS,
  destroyed: BOOLEANS,
  released: BOOLEANS,
  touchDue: BOOLEANS,
  cookieChanged: BOOLEANS,
  persistent: BOOLEANS,
  passive: BOOLEANS,
  deliverable: BOOLEANS,
});
const POLICIES = combinations<CommitPolicy>({ saveUninitialized: BOOLEANS, rolling: BOOLEANS });
const ROWS: Row[] = FACTS.flatMap((facts) =>
  POLICIES.map((policy) => ({ facts, policy, plan: planCommit(facts, policy) })),
);

/** The combinations of the condition for which the promise does not hold. */
function breaking(condition: (row: Row) => boolean, promise: (row: Row) => boolean): Row[] {
  const meant = ROWS.filter(condition);
  expect(meant.length).toBeGreaterThan(0);
  return meant.filter((row) => !promise(row));
}

const existsAfter = ({ facts, plan }: Row): boolean =>
  plan.write === 'create' || plan.write === 'rekey' || (facts.origin === 'stored' && plan.write !== 'delete');

describe('the plan of a commit, for every combination of facts and policy', () => {
  it('has a row for each', () => {
    expect(ROWS).toHaveLength(2 * 3 * 2 ** 9 * 2 ** 2);
  });

  it.each<[string, (row: Row) => boolean, (row: Row) => boolean]>([
    [
      'sends no cookie for a destroyed session (S-42)',
      (row) => row.facts.destroyed,
      ({ plan }) => plan.cookie !== 'send',
    ],
    [
      'only deletes a destroyed session (S-43)',
      (row) => row.facts.destroyed,
      ({ facts, plan }) => plan.write === (facts.origin === 'stored' ? 'delete' : 'none'),
    ],
    [
      'deletes only a destroyed session, and one whose new id is released or reaches no browser',
      (row) => row.plan.write === 'delete',
      ({ facts }) => facts.destroyed || (facts.rekeyed && (facts.released || !facts.deliverable)),
    ],
    [
      'does not change a released session, unless it got a new id',
      ({ facts }) => facts.released && !facts.destroyed && !(facts.rekeyed && facts.origin === 'stored'),
      ({ plan }) => plan.write === 'none' && plan.cookie === 'none',
    ],
    [
      'ends the old id of a released session that got a new one (S-9)',
      ({ facts }) => facts.released && facts.rekeyed && facts.origin === 'stored',
      ({ plan }) => plan.write === 'delete' && plan.cookie !== 'send',
    ],
    [
      'patches, touches, rekeys and deletes only stored sessions',
      (row) => ['patch', 'touch', 'rekey', 'delete'].includes(row.plan.write),
      ({ facts }) => facts.origin === 'stored',
    ],
    [
      'creates only fresh sessions',
      (row) => row.plan.write === 'create',
      ({ facts }) => facts.origin === 'fresh',
    ],
    [
      'sends a cookie only for a record that exists after the plan',
      (row) => row.plan.cookie === 'send',
      existsAfter,
    ],
    [
      'sends the cookie with each create and rekey that can deliver it (S-9)',
      (row) => row.facts.deliverable && ['create', 'rekey'].includes(row.plan.write),
      ({ plan }) => plan.cookie === 'send',
    ],
    [
      'sends the cookie of a stored session whenever its settings changed and it can be delivered',
      ({ facts }) =>
        facts.origin === 'stored' &&
        facts.cookieChanged &&
        facts.deliverable &&
        !facts.destroyed &&
        !facts.released,
      ({ plan }) => plan.cookie === 'send',
    ],
    [
      'neither sends nor clears a cookie that cannot be delivered',
      (row) => !row.facts.deliverable,
      ({ plan }) => plan.cookie === 'none',
    ],
    [
      'creates no record whose cookie cannot be delivered (S-75)',
      (row) => !row.facts.deliverable,
      ({ plan }) => plan.write !== 'create',
    ],
    [
      'does nothing for a fresh session that was not used (S-4)',
      ({ facts, policy }) =>
        facts.origin === 'fresh' &&
        !facts.changed &&
        !facts.rekeyed &&
        !facts.destroyed &&
        !policy.saveUninitialized,
      ({ plan }) => plan.write === 'none' && plan.cookie === 'none',
    ],
    [
      'loses no change of a stored session whose browser has or gets its cookie',
      ({ facts: { origin, changed, destroyed, released, rekeyed, client, deliverable } }) => {
        const isReached = !rekeyed || client === 'current' || deliverable;
        return origin === 'stored' && changed && !destroyed && !released && isReached;
      },
      ({ plan }) => plan.write === 'patch' || plan.write === 'rekey',
    ],
    [
      'keeps no session under its old id after it got a new one (S-9)',
      ({ facts }) => facts.origin === 'stored' && facts.rekeyed,
      ({ facts, plan }) => {
        const isDelivered = facts.deliverable || facts.client === 'current';
        return plan.write === (facts.destroyed || facts.released || !isDelivered ? 'delete' : 'rekey');
      },
    ],
    [
      'clears a cookie only of a session that ends with the request and whose browser sent one',
      (row) => row.plan.cookie === 'clear',
      ({ facts, plan }) => (facts.destroyed || plan.write === 'delete') && facts.client !== 'nothing',
    ],
    [
      'does not restart the lifetime of a cookie for a passive request',
      ({ facts }) =>
        facts.passive &&
        facts.origin === 'stored' &&
        facts.client === 'current' &&
        !facts.rekeyed &&
        !facts.cookieChanged &&
        !facts.destroyed,
      ({ plan }) => plan.cookie === 'none',
    ],
    [
      'writes the same for a passive request',
      (row) => row.facts.passive,
      ({ facts, policy, plan }) => planCommit({ ...facts, passive: false }, policy).write === plan.write,
    ],
    [
      'does not change the cookie for a touch that is due',
      (row) => row.facts.touchDue,
      ({ facts, policy, plan }) => planCommit({ ...facts, touchDue: false }, policy).cookie === plan.cookie,
    ],
  ])('%s', (_, condition, promise) => {
    expect(breaking(condition, promise)).toEqual([]);
  });
});

const DEFAULTS: CommitPolicy = { saveUninitialized: false, rolling: false };
const VISITOR: CommitFacts = {
  origin: 'fresh',
  client: 'nothing',
  rekeyed: false,
  changed: false,
  destroyed: false,
  released: false,
  touchDue: false,
  cookieChanged: false,
  persistent: false,
  passive: false,
  deliverable: true,
};
const MEMBER: CommitFacts = { ...VISITOR, origin: 'stored', client: 'current' };

describe('the plan of everyday requests', () => {
  it.each<[string, CommitFacts, Partial<CommitPolicy>, CommitPlan['write'], CommitPlan['cookie']]>([
    ['a visitor who only reads', VISITOR, {}, 'none', 'none'],
    ['a visitor with a dead cookie who only reads', { ...VISITOR, client: 'stale' }, {}, 'none', 'none'],
    ['a visitor of a site that keeps everyone', VISITOR, { saveUninitialized: true }, 'create', 'send'],
    ['a visitor who fills a cart', { ...VISITOR, changed: true }, {}, 'create', 'send'],
    [
      'a visitor who fills a cart over an insecure connection',
      { ...VISITOR, changed: true, deliverable: false },
      {},
      'none',
      'none',
    ],
    [
      'a visitor with a dead cookie who fills a cart',
      { ...VISITOR, client: 'stale', changed: true },
      {},
      'create',
      'send',
    ],
    ['a visitor who logs in', { ...VISITOR, rekeyed: true, changed: true }, {}, 'create', 'send'],
    ['a visitor who logs out', { ...VISITOR, destroyed: true }, {}, 'none', 'none'],
    ['a member who reads', MEMBER, {}, 'none', 'none'],
    ['a member who reads after a while', { ...MEMBER, touchDue: true }, {}, 'touch', 'none'],
    ['a member who reads, where each answer renews the cookie', MEMBER, { rolling: true }, 'none', 'send'],
    ['a member who writes', { ...MEMBER, changed: true }, {}, 'patch', 'none'],
    [
      'a member who writes and whose cookie has a lifetime (R42)',
      { ...MEMBER, changed: true, persistent: true },
      {},
      'patch',
      'send',
    ],
    [
      'a member whose cookie settings are changed',
      { ...MEMBER, changed: true, cookieChanged: true },
      {},
      'patch',
      'send',
    ],
    [
      'a member whose changed cookie settings were saved already',
      { ...MEMBER, cookieChanged: true },
      {},
      'none',
      'send',
    ],
    [
      'a member who reads and whose cookie has a lifetime (R42)',
      { ...MEMBER, persistent: true },
      {},
      'none',
      'none',
    ],
    [
      'a member whose cookie was signed with a retired secret (S-15)',
      { ...MEMBER, client: 'stale' },
      {},
      'none',
      'send',
    ],
    ['a member who logs in with a cart', { ...MEMBER, rekeyed: true, changed: true }, {}, 'rekey', 'send'],
    [
      'a member who gets a new id in a stream',
      { ...MEMBER, client: 'stale', rekeyed: true, deliverable: false },
      {},
      'delete',
      'none',
    ],
    [
      'a member whose new id was sent by a response that does not wait',
      { ...MEMBER, rekeyed: true, deliverable: false },
      {},
      'rekey',
      'none',
    ],
    ['a member who logs out (S-42)', { ...MEMBER, destroyed: true }, {}, 'delete', 'clear'],
    [
      'a member who writes and logs out',
      { ...MEMBER, changed: true, destroyed: true },
      { rolling: true },
      'delete',
      'clear',
    ],
    [
      'a member whose request releases the session',
      { ...MEMBER, changed: true, released: true },
      {},
      'none',
      'none',
    ],
    [
      'a member whose request regenerates and releases the session',
      { ...MEMBER, rekeyed: true, changed: true, released: true },
      { rolling: true },
      'delete',
      'clear',
    ],
    [
      'a visitor whose request regenerates and releases the session',
      { ...VISITOR, client: 'stale', rekeyed: true, released: true },
      { saveUninitialized: true },
      'none',
      'none',
    ],
    [
      'a member who logs out in a stream',
      { ...MEMBER, destroyed: true, deliverable: false },
      {},
      'delete',
      'none',
    ],
    [
      'a member whose record was destroyed by an earlier save of this request',
      { ...VISITOR, client: 'current', destroyed: true },
      {},
      'none',
      'clear',
    ],
    [
      'a member who writes after the headers were sent',
      { ...MEMBER, changed: true, deliverable: false },
      {},
      'patch',
      'none',
    ],
  ])('%s', (_, facts, policy, write, cookie) => {
    expect(planCommit(facts, { ...DEFAULTS, ...policy })).toEqual({ write, cookie });
  });
});

describe('the cookie after a commit that failed, for every combination of facts', () => {
  it.each(BOOLEANS)(
    'is sent only for what the store holds and the browser does not, with its settings stored: %s',
    (isCookieStored) => {
      const sent = FACTS.filter((facts) => cookieAfterFailure(facts, isCookieStored) === 'send');
      const held = FACTS.filter(
        ({ origin, rekeyed, destroyed, client, cookieChanged, deliverable }) =>
          origin === 'stored' &&
          !rekeyed &&
          !destroyed &&
          (client !== 'current' || (isCookieStored && cookieChanged)) &&
          deliverable,
      );
      expect(held.length).toBeGreaterThan(0);
      expect(sent).toEqual(held);
      expect(FACTS.filter((facts) => cookieAfterFailure(facts, isCookieStored) === 'clear')).toEqual([]);
    },
  );
});
