import { rebaseChanges, type AttributeUpdate } from '../../../lib/core/merge/rebase.js';
import type { AttributeChange } from '../../../lib/core/store/session-record.js';

/** What a call throws. */
function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

type Texts = Record<string, string>;
type Pairs = Record<string, [from: string | null, to: string | null]>;

function rebase(changes: Pairs, held: Texts, updates: Record<string, AttributeUpdate> = {}): Pairs {
  const given = Object.entries(changes).map(([name, [from, to]]): [string, AttributeChange] => [
    name,
    { from, to },
  ]);
  const rebased = rebaseChanges(
    new Map(given),
    new Map(Object.entries(held)),
    new Map(Object.entries(updates)),
  );
  return Object.fromEntries([...rebased].map(([name, { from, to }]) => [name, [from, to]]));
}

const increment = (value: unknown): unknown => ((value as number | undefined) ?? 0) + 1;
const double = (value: unknown): unknown => (value as number) * 2;

describe('rebaseChanges', () => {
  it.each<[string, Pairs, Texts, Pairs]>([
    ['leaves a change whose base is still held', { a: ['1', '2'] }, { a: '1' }, { a: ['1', '2'] }],
    [
      'keeps a change whose base is still stored',
      { a: ['1', '{ "x" : 1 }'] },
      { a: '1' },
      { a: ['1', '{ "x" : 1 }'] },
    ],
    [
      'bases a change on the stored value, and keeps the later one',
      { a: ['1', '2'] },
      { a: '9' },
      { a: ['9', '2'] },
    ],
    [
      'merges leaf by leaf (S-64)',
      { a: ['{"x":1}', '{"x":1,"y":2}'] },
      { a: '{"x":1,"z":3}' },
      { a: ['{"x":1,"z":3}', '{"x":1,"z":3,"y":2}'] },
    ],
    [
      'keeps an attribute that both added',
      { a: [null, '{"y":2}'] },
      { a: '{"z":3}' },
      { a: ['{"z":3}', '{"z":3,"y":2}'] },
    ],
    ['removes what another changed meanwhile', { a: ['1', null] }, { a: '2' }, { a: ['2', null] }],
    ['sets what another removed meanwhile', { a: ['1', '2'] }, {}, { a: [null, '2'] }],
    ['takes what another removed where it was only insisted on', { a: ['1', '1'] }, {}, { a: [null, null] }],
    [
      'takes the value of another request for an attribute without a change',
      { a: [null, null] },
      { a: '5' },
      { a: ['5', '5'] },
    ],
    [
      'rebases each change separately',
      { a: ['1', '2'], b: ['1', '2'] },
      { a: '1', b: '3', c: '4' },
      { a: ['1', '2'], b: ['3', '2'] },
    ],
  ])('%s', (_, changes, held, expected) => {
    expect(rebase(changes, held)).toEqual(expected);
  });

  it('runs a function again on the stored value', () => {
    const updates = { n: { before: '1', after: '2', steps: [increment] } };
    expect(rebase({ n: ['1', '2'] }, { n: '41' }, updates)).toEqual({ n: ['41', '42'] });
  });

  it('runs several functions again in their order', () => {
    const updates = { n: { before: '1', after: '4', steps: [increment, double] } };
    expect(rebase({ n: ['1', '4'] }, { n: '9' }, updates)).toEqual({ n: ['9', '20'] });
  });

  it('runs a function on undefined if the attribute is gone, and removes it if the function returns undefined', () => {
    expect(rebase({ n: ['1', '2'] }, {}, { n: { before: '1', after: '2', steps: [increment] } })).toEqual({
      n: [null, '1'],
    });
    expect(
      rebase({ n: ['1', null] }, { n: '7' }, { n: { before: '1', after: null, steps: [() => undefined] } }),
    ).toEqual({ n: ['7', null] });
  });

  it('does not run a function again without a conflict', () => {
    const never = (): never => {
      throw new Error('ran again');
    };
    expect(rebase({ n: ['1', '2'] }, { n: '1' }, { n: { before: '1', after: '2', steps: [never] } })).toEqual(
      { n: ['1', '2'] },
    );
  });

  it.each<[string, AttributeUpdate]>([
    ['the value was assigned afterwards', { before: '1', after: '2', steps: [increment] }],
    ['the value had been assigned before', { before: '5', after: '9', steps: [increment] }],
  ])('drops a function if %s', (_, update) => {
    expect(rebase({ n: ['1', '9'] }, { n: '41' }, { n: update })).toEqual({ n: ['41', '9'] });
  });

  it('refuses a result of a function that JSON cannot represent, and names the attribute (S-74)', () => {
    const updates = { n: { before: '1', after: '2', steps: [() => 10n] } };
    expect(thrownBy(() => rebase({ n: ['1', '2'] }, { n: '5' }, updates))).toMatchObject({
      code: 'ERR_SESSION_VALUE',
      message: expect.stringContaining('n is a BigInt') as string,
    });
  });

  it('does not change its arguments', () => {
    const changes = new Map([['a', { from: '1', to: '2' }]]);
    const held = new Map([['a', '3']]);
    rebaseChanges(changes, held, new Map());
    expect([...changes, ...held]).toEqual([
      ['a', { from: '1', to: '2' }],
      ['a', '3'],
    ]);
  });
});
