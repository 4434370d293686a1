import type { AttributeUpdate } from '../../../lib/core/merge/rebase.js';
import type { AttributeChange, SessionPatch, SessionRecord } from '../../../lib/core/store/session-record.js';
import { leftToWrite, type UnsettledWrite, type Wanted } from '../../../lib/core/session/unsettled-writes.js';

type Pairs = Record<string, [from: string | null, to: string | null]>;
type Updates = Record<string, AttributeUpdate>;

const changesOf = (pairs: Pairs): Map<string, AttributeChange> =>
  new Map(Object.entries(pairs).map(([name, [from, to]]) => [name, { from, to }]));
const wanted = (changes: Pairs, updates: Updates = {}): Wanted => ({
  changes: changesOf(changes),
  updates: new Map(Object.entries(updates)),
});
const patchOf = (changes: Pairs): SessionPatch => ({
  touchedAt: 100,
  expiresAt: 200,
  principal: { from: null, to: null },
  changes: changesOf(changes),
});
const held = (attributes: Record<string, string>, at = 100): SessionRecord => ({
  createdAt: 0,
  touchedAt: at,
  expiresAt: at + 100,
  principal: null,
  revision: 1,
  attributes: new Map(Object.entries(attributes)),
});
const plain = ({ changes, updates }: Wanted): object => ({
  changes: Object.fromEntries([...changes].map(([name, { from, to }]) => [name, [from, to]])),
  updates: Object.fromEntries(updates),
});

const [one, ten] = [(n: unknown) => Number(n) + 1, (n: unknown) => Number(n) + 10];
const step = (before: string, after: string, ...steps: AttributeUpdate['steps']): AttributeUpdate => ({
  before,
  after,
  steps,
});
const WRITE: UnsettledWrite = {
  ...wanted({ n: ['0', '1'] }, { n: step('0', '1', one) }),
  patch: patchOf({ n: ['0', '1'] }),
};
const left = (
  now: Wanted,
  record: SessionRecord,
  writes = [WRITE],
  base: Record<string, string> = {},
): object => plain(leftToWrite(now, record, writes, (name) => base[name] ?? null));

describe('what is left to write', () => {
  const same = wanted({ n: ['0', '1'] }, { n: step('0', '1', one) });

  it.each<[string, SessionRecord]>([
    ['holds another value', held({ n: '5' })],
    ['holds nothing', held({})],
    ['holds the same value, written at another time', held({ n: '1' }, 101)],
  ])('is everything if the store %s', (_, record) => {
    expect(left(same, record)).toEqual(plain(same));
  });

  it('is everything if no write failed', () => {
    expect(left(same, held({ n: '1' }), [])).toEqual(plain(same));
  });

  it('is nothing if the write was applied', () => {
    expect(left(same, held({ n: '1', other: '1' }))).toEqual({
      changes: { n: ['1', '1'] },
      updates: { n: step('1', '1') },
    });
  });

  it('is what was counted, set and added since', () => {
    const now = wanted({ n: ['0', '11'], m: [null, '1'] }, { n: step('0', '11', one, ten) });
    expect(left(now, held({ n: '1' }))).toEqual({
      changes: { n: ['1', '11'], m: [null, '1'] },
      updates: { n: step('1', '11', ten) },
    });
  });

  it('keeps functions of a value that was assigned since', () => {
    const now = wanted({ n: ['0', '15'] }, { n: step('5', '15', ten) });
    expect(left(now, held({ n: '1' }))).toEqual({
      changes: { n: ['1', '15'] },
      updates: { n: step('5', '15', ten) },
    });
  });

  it('is what was reset or removed since', () => {
    expect(left(wanted({}), held({ n: '1' }), [WRITE], { n: '0' })).toEqual({
      changes: { n: ['1', '0'] },
      updates: {},
    });
    expect(left(wanted({}), held({ n: '1' }))).toEqual({ changes: { n: ['1', null] }, updates: {} });
  });

  it('compares the sent patch, and continues from the wanted changes', () => {
    const write = { ...WRITE, patch: patchOf({ n: ['7', '8'] }) };
    const now = wanted({ n: ['0', '11'] }, { n: step('0', '11', one, ten) });
    expect(left(now, held({ n: '1' }), [write])).toEqual(plain(now));
    expect(left(now, held({ n: '8' }), [write])).toEqual({
      changes: { n: ['1', '11'] },
      updates: { n: step('1', '11', ten) },
    });
  });
});
