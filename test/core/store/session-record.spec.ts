import {
  applyPatch,
  decodeRecord,
  encodeRecord,
  NEVER,
  type AttributeChange,
  type SessionPatch,
  type SessionRecord,
} from '../../../lib/core/store/session-record.js';

const RECORD: SessionRecord = {
  createdAt: 1000,
  touchedAt: 2000,
  expiresAt: 3000,
  principal: 'u1',
  revision: 0,
  attributes: new Map([
    ['cart', '{"a":1}'],
    ['theme', '"dark"'],
  ]),
};

const patchOf = (changes: Record<string, [from: string | null, to: string | null]>): SessionPatch => ({
  touchedAt: 2500,
  expiresAt: 3500,
  principal: { from: 'u1', to: 'u1' },
  changes: new Map(
    Object.entries(changes).map(([name, [from, to]]): [string, AttributeChange] => [name, { from, to }]),
  ),
});

describe('applyPatch', () => {
  it('sets, replaces and removes attributes and moves both instants', () => {
    const patch = patchOf({ cart: ['{"a":1}', '{"a":2}'], theme: ['"dark"', null], user: [null, '"u1"'] });
    expect(applyPatch(RECORD, patch)).toEqual({
      createdAt: 1000,
      touchedAt: 2500,
      expiresAt: 3500,
      principal: 'u1',
      revision: 1,
      attributes: new Map([
        ['cart', '{"a":2}'],
        ['user', '"u1"'],
      ]),
    });
  });

  it('is a touch without changes', () => {
    expect(applyPatch(RECORD, patchOf({}))).toEqual({ ...RECORD, touchedAt: 2500, expiresAt: 3500 });
  });

  it.each<[string, Record<string, [string | null, string | null]>]>([
    ['has another value', { cart: ['{"a":0}', '{"a":2}'] }],
    ['appeared', { cart: [null, '{"a":2}'] }],
    ['is gone', { user: ['"u1"', '"u2"'] }],
    ['is gone, though it was to be removed', { user: ['"u1"', null] }],
    ['has another value, though it was only insisted on', { theme: ['"light"', '"light"'] }],
    ['appeared, though it was only insisted on', { theme: [null, null] }],
    ['is the second of two that does not fit', { theme: ['"dark"', '"light"'], cart: ['1', '2'] }],
    ['is the same JSON in another writing', { cart: ['{ "a": 1 }', '{"a":2}'] }],
  ])('refuses the whole patch if an attribute %s', (_, changes) => {
    expect(applyPatch(RECORD, patchOf(changes))).toBeNull();
  });

  it('accepts an attribute that must be unchanged and is', () => {
    const patched = applyPatch(RECORD, patchOf({ theme: ['"dark"', '"dark"'], absent: [null, null] }));
    expect(patched?.attributes).toEqual(RECORD.attributes);
  });

  it('does not change the passed record', () => {
    const before = structuredClone(RECORD);
    const patched = applyPatch(RECORD, patchOf({ cart: ['{"a":1}', null] }));
    expect(RECORD).toEqual(before);
    expect(patched?.attributes).not.toBe(RECORD.attributes);
  });
});

describe('encodeRecord and decodeRecord', () => {
  it.each<[string, SessionRecord]>([
    ['with everything', RECORD],
    [
      'without a principal and attributes',
      { ...RECORD, principal: null, revision: 0, attributes: new Map() },
    ],
    ['that nothing ends', { ...RECORD, expiresAt: NEVER }],
    ['with an empty principal', { ...RECORD, principal: '' }],
    ['with an epoch', { ...RECORD, epoch: 7 }],
    [
      'with odd names and texts',
      {
        ...RECORD,
        attributes: new Map([
          ['__proto__', '{"__proto__":1}'],
          ['', '""'],
          ['a\nb', '"\\ud800"'],
          ['🍪', '"\u2028"'],
        ]),
      },
    ],
    ['with text that is not JSON', { ...RECORD, attributes: new Map([['broken', '{nonsense}']]) }],
    ['from before 1970', { ...RECORD, createdAt: -1 }],
  ])('keep a record %s', (_, record) => {
    expect(decodeRecord(encodeRecord(record))).toEqual(record);
  });

  it('write no epoch while it is 0, so that records of version 0.1 and of now are the same', () => {
    expect(encodeRecord({ ...RECORD, epoch: 0 })).toBe(encodeRecord(RECORD));
    expect(encodeRecord({ ...RECORD, epoch: 7 })).toBe(`${encodeRecord(RECORD).slice(0, -1)},7]`);
  });

  it('keep the order of the attributes', () => {
    const attributes = new Map([
      ['b', '1'],
      ['a', '2'],
      ['1', '3'],
    ]);
    expect([...decodeRecord(encodeRecord({ ...RECORD, attributes }))!.attributes.keys()]).toEqual([
      'b',
      'a',
      '1',
    ]);
  });

  it('write one line', () => {
    expect(
      encodeRecord({
        ...RECORD,
        attributes: new Map([
          ['n', '"a\\nb"'],
          ['a\nb', '1'],
        ]),
      }),
    ).not.toContain('\n');
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['an epoch of 0', `${encodeRecord(RECORD).slice(0, -1)},0]`],
    ['an epoch as text', `${encodeRecord(RECORD).slice(0, -1)},"1"]`],
    ['half a record', encodeRecord(RECORD).slice(0, -5)],
    ['no array', '{}'],
    ['null', 'null'],
    ['a session of express-session', '{"cookie":{"path":"/"},"userId":1}'],
    ['an unknown version', '[2,1,2,3,null,[]]'],
    ['a version as text', '["1",1,2,3,null,[]]'],
    ['too few fields', '[1,1,2,3,null]'],
    ['too many fields', '[1,1,2,3,null,[],0]'],
    ['an instant as text', '[1,"1",2,3,null,[]]'],
    ['an instant of null', '[1,1,2,null,null,[]]'],
    ['an instant beyond all numbers', '[1,1,2,1e999,null,[]]'],
    ['an instant that is no whole millisecond', '[1,1,2,3.5,null,[]]'],
    ['a principal that is no text', '[1,1,2,3,7,[]]'],
    ['attributes that are no list', '[1,1,2,3,null,{}]'],
    ['an attribute that is no pair', '[1,1,2,3,null,[["a"]]]'],
    ['an attribute whose value is no text', '[1,1,2,3,null,[["a",1]]]'],
    ['an attribute whose name is no text', '[1,1,2,3,null,[[1,"a"]]]'],
    ['an attribute of three', '[1,1,2,3,null,[["a","1","2"]]]'],
    ['a null among the attributes', '[1,1,2,3,null,[null]]'],
  ])('do not accept %s as a record', (_, text) => {
    expect(decodeRecord(text)).toBeNull();
  });
});
