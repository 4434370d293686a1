import { SessionAttributes } from '../../../lib/core/session/attributes.js';
import { storedName } from '../../../lib/core/session/attribute-name.js';
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

type Owner = Record<string, unknown>;

function loaded(texts: Record<string, string> | [string, string][] = {}, reserved: string[] = []) {
  const owner: Owner = {};
  const attributes = new SessionAttributes(owner, new Set(reserved));
  attributes.hydrate(new Map(Array.isArray(texts) ? texts : Object.entries(texts)));
  return { owner, attributes };
}

const changesOf = (attributes: SessionAttributes): Record<string, AttributeChange> =>
  Object.fromEntries(attributes.changes());

const BROKEN = '{this is no JSON';

describe('storedName', () => {
  it.each([
    ['theme', 'theme'],
    ['$x', '$$x'],
    ['$$x', '$$$x'],
    ['$', '$$'],
    ['a$b', 'a$b'],
    ['', ''],
  ])('stores %j as %j', (name, stored) => {
    expect(storedName(name)).toBe(stored);
  });
});

describe('attributes that were loaded', () => {
  it('do not count as deleted if the session is frozen', () => {
    const { owner, attributes } = loaded({});
    Object.preventExtensions(owner);
    expect(() => attributes.hydrate(new Map([['n', '1']]))).toThrow(TypeError);
    expect(attributes.changes().size).toBe(0);
  });

  it('are read as the values they were', () => {
    const { owner } = loaded({ n: '1', cart: '{"a":[1]}', none: 'null', text: '"x"' });
    expect({ ...owner }).toEqual({ n: 1, cart: { a: [1] }, none: null, text: 'x' });
  });

  it('return the same object on each read', () => {
    const { owner } = loaded({ cart: '{"a":1}' });
    expect(owner['cart']).toBe(owner['cart']);
  });

  it('are own enumerable properties in the order of the record, read or not', () => {
    const { owner } = loaded({ b: '1', a: '2' });
    expect(Object.keys(owner)).toEqual(['b', 'a']);
    void owner['a'];
    expect(Object.keys(owner)).toEqual(['b', 'a']);
    expect('b' in owner && Object.hasOwn(owner, 'b')).toBe(true);
  });

  it('are neither parsed nor written if they are not read', () => {
    const { owner, attributes } = loaded({ broken: BROKEN, n: '1' });
    owner['n'] = 2;
    expect(changesOf(attributes)).toEqual({ n: { from: '1', to: '2' } });
    expect(attributes.texts()).toEqual(
      new Map([
        ['broken', BROKEN],
        ['n', '2'],
      ]),
    );
    expect(attributes.text('broken')).toBe(BROKEN);
  });

  it('are not parsed when they are overwritten', () => {
    const { owner, attributes } = loaded({ broken: BROKEN });
    owner['broken'] = 1;
    expect(changesOf(attributes)).toEqual({ broken: { from: BROKEN, to: '1' } });
  });

  it('are not parsed when they are removed', () => {
    const { owner, attributes } = loaded({ broken: BROKEN });
    delete owner['broken'];
    expect(changesOf(attributes)).toEqual({ broken: { from: BROKEN, to: null } });
  });

  it('belong to one session each, also with the same name', () => {
    const [one, other] = [loaded({ n: '1' }), loaded({ n: '2' })];
    expect([one.owner['n'], other.owner['n']]).toEqual([1, 2]);
    one.owner['n'] = 3;
    expect(other.owner['n']).toBe(2);
  });

  it('work with more names than the cache of accessors has places', () => {
    const names = Array.from({ length: 2500 }, (_, n) => `made-up-${n}`);
    const { owner, attributes } = loaded(
      names.map((name, n): [string, string] => [name, n === 2400 ? BROKEN : String(n)]),
    );
    expect(owner['made-up-2499']).toBe(2499);
    expect(attributes.changes().size).toBe(0);
    owner['made-up-2000'] = 'new';
    expect(changesOf(attributes)).toEqual({ 'made-up-2000': { from: '2000', to: '"new"' } });
  });

  it.each([
    'constructor',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '$x',
    '$$x',
    '',
    'a b',
    '0',
    'käse',
    '__defineGetter__',
  ])('may be named %j (S-73)', (name) => {
    const { owner, attributes } = loaded([[storedName(name), '"kept"']]);
    expect(Object.entries(owner)).toEqual([[name, 'kept']]);
    owner[name] = 'new';
    expect(changesOf(attributes)).toEqual({ [storedName(name)]: { from: '"kept"', to: '"new"' } });
  });

  it('are without those of the engine and reserved names', () => {
    const { owner, attributes } = loaded({ $cookie: '{}', save: '1', n: '2' }, ['save']);
    expect({ ...owner }).toEqual({ n: 2 });
    expect(attributes.changes().size).toBe(0);
  });

  it('replace earlier ones when they are loaded again', () => {
    const { owner, attributes } = loaded({ a: '1', b: '2' });
    owner['a'] = 5;
    owner['c'] = 6;
    attributes.hydrate(
      new Map([
        ['b', '3'],
        ['d', '4'],
      ]),
    );
    expect({ ...owner }).toEqual({ b: 3, d: 4 });
    expect(attributes.changes().size).toBe(0);
  });
});

describe('changes', () => {
  it.each<[string, Record<string, string>, (owner: Owner) => void, Record<string, AttributeChange>]>([
    [
      'contain an attribute that was set',
      {},
      (o) => {
        o['n'] = 1;
      },
      { n: { from: null, to: '1' } },
    ],
    [
      'contain an attribute that was replaced',
      { n: '1' },
      (o) => {
        o['n'] = 2;
      },
      { n: { from: '1', to: '2' } },
    ],
    [
      'contain an attribute that was removed',
      { n: '1' },
      (o) => {
        delete o['n'];
      },
      { n: { from: '1', to: null } },
    ],
    [
      'contain a change at a deep level',
      { c: '{"a":{"b":[1]}}' },
      (o) => {
        (o['c'] as { a: { b: number[] } }).a.b.push(2);
      },
      { c: { from: '{"a":{"b":[1]}}', to: '{"a":{"b":[1,2]}}' } },
    ],
    [
      'count an attribute set to undefined as removed (R51)',
      { n: '1' },
      (o) => {
        o['n'] = undefined;
      },
      { n: { from: '1', to: null } },
    ],
    [
      'distinguish null from absent',
      { n: '1' },
      (o) => {
        o['n'] = null;
      },
      { n: { from: '1', to: 'null' } },
    ],
    ['is empty where nothing was done', { n: '1' }, () => undefined, {}],
    [
      'are empty if attributes were only read (R51)',
      { n: '1', when: '"2024-01-01T00:00:00.000Z"' },
      (o) => void [o['n'], o['when']],
      {},
    ],
    [
      'are empty if the same value was set again',
      { n: '1' },
      (o) => {
        o['n'] = 1;
      },
      {},
    ],
    [
      'are empty if an attribute was set and reset',
      { n: '1' },
      (o) => {
        o['n'] = 2;
        o['n'] = 1;
      },
      {},
    ],
    [
      'are empty if an attribute was added and removed',
      {},
      (o) => {
        o['n'] = 2;
        delete o['n'];
      },
      {},
    ],
    [
      'are empty if undefined was added (R51)',
      {},
      (o) => {
        o['n'] = undefined;
      },
      {},
    ],
    [
      'are empty for an unchanged Date (R51)',
      { when: '"1970-01-01T00:00:00.000Z"' },
      (o) => {
        o['when'] = new Date(0);
      },
      {},
    ],
    [
      'include another order of leaves (R51)',
      { c: '{"a":1,"b":2}' },
      (o) => {
        o['c'] = { b: 2, a: 1 };
      },
      { c: { from: '{"a":1,"b":2}', to: '{"b":2,"a":1}' } },
    ],
    [
      'looks at no symbols',
      {},
      (o) => {
        (o as Record<symbol, unknown>)[Symbol('x')] = 1;
      },
      {},
    ],
  ])('%s', (_, texts, act, expected) => {
    const { owner, attributes } = loaded(texts);
    act(owner);
    expect(changesOf(attributes)).toEqual(expected);
  });

  it.each<[string, string, (owner: Owner) => void]>([
    ['a Map over the empty object that JSON makes of it', 'cart is a Map', (o) => (o['cart'] = new Map())],
    ['a function added to a loaded object', 'user.can', (o) => ((o['user'] as Owner)['can'] = () => true)],
    ['a function over an attribute', 'n is a function', (o) => (o['n'] = () => 1)],
    ['a new attribute that is a symbol', 'new is a symbol', (o) => (o['new'] = Symbol('x'))],
  ])('refuse %s, although the text is the same without it (S-74)', (_, expected, act) => {
    const { owner, attributes } = loaded({ cart: '{}', user: '{"id":1}', n: '1' });
    act(owner);
    expect(thrownBy(() => attributes.changes())).toMatchObject({
      code: 'ERR_SESSION_VALUE',
      message: expect.stringContaining(expected) as string,
    });
  });

  it('name the attribute that JSON cannot represent (S-74)', () => {
    const { owner, attributes } = loaded({ ok: '1' });
    owner['price'] = 10n;
    expect(thrownBy(() => attributes.changes())).toMatchObject({
      code: 'ERR_SESSION_VALUE',
      message: expect.stringContaining('price is a BigInt') as string,
    });
  });

  it('are based on the committed value, also if the value has changed since', () => {
    const { owner, attributes } = loaded({ n: '1', gone: '1' });
    owner['n'] = 2;
    delete owner['gone'];
    owner['new'] = 'x';
    const committed = attributes.changes();
    owner['n'] = 3;
    attributes.committed(committed);
    expect(changesOf(attributes)).toEqual({ n: { from: '2', to: '3' } });
    expect([attributes.base('n'), attributes.base('gone'), attributes.base('new')]).toEqual([
      '2',
      null,
      '"x"',
    ]);
  });

  it('ignore changes of the engine', () => {
    const { owner, attributes } = loaded({ $$cookie: '1' });
    attributes.committed(new Map([['$cookie', { from: null, to: '{}' }]]));
    expect({ ...owner }).toEqual({ $cookie: 1 });
    expect(attributes.changes().size).toBe(0);
  });
});

describe('keepOnly', () => {
  it('drops all attributes except the named ones, and their bases', () => {
    const { owner, attributes } = loaded({ a: '1', b: BROKEN, c: '3' });
    owner['d'] = 4;
    attributes.keepOnly(['b', 'd', 'absent']);
    expect(Object.keys(owner)).toEqual(['b', 'd']);
    expect(attributes.texts()).toEqual(
      new Map([
        ['b', BROKEN],
        ['d', '4'],
      ]),
    );
    expect(changesOf(attributes)).toEqual({ d: { from: null, to: '4' } });
  });

  it('drops the bases of attributes that the application has removed', () => {
    const { owner, attributes } = loaded({ a: '1' });
    delete owner['a'];
    attributes.keepOnly([]);
    expect(attributes.changes().size).toBe(0);
  });
});

describe('showStored', () => {
  /** A session that was changed, saved, and whose save was merged. */
  function merged(
    texts: Record<string, string>,
    act: (owner: Owner) => void,
    stored: Record<string, string>,
  ) {
    const { owner, attributes } = loaded(texts, ['save']);
    act(owner);
    attributes.committed(attributes.changes());
    const show = (): void => attributes.showStored(new Map(Object.entries(stored)));
    return { owner, attributes, show };
  }
  const nothing = (): void => undefined;

  it('shows what other requests changed, added and removed', () => {
    const { owner, attributes, show } = merged(
      { n: '1', gone: '1', cart: '{"a":1}', same: '"x"' },
      (o) => void ((o['cart'] as Owner)['b'] = 2),
      { n: '11', cart: '{"a":5,"b":2,"c":3}', same: '"x"', fresh: '[1]' },
    );
    show();
    expect({ ...owner }).toEqual({ n: 11, cart: { a: 5, b: 2, c: 3 }, same: 'x', fresh: [1] });
    expect(attributes.changes().size).toBe(0);
    owner['n'] = Number(owner['n']) + 1;
    expect(changesOf(attributes)).toEqual({ n: { from: '11', to: '12' } });
  });

  it('keeps the nested objects that the application holds', () => {
    const { owner, attributes, show } = merged(
      { cart: '{"items":[{"id":1,"n":1}]}' },
      (o) => void ((o['cart'] as Owner)['mine'] = 1),
      { cart: '{"theirs":1,"items":[{"id":1,"n":7}],"mine":1}' },
    );
    const cart = owner['cart'] as { items: { n: number }[] };
    const item = cart.items[0]!;
    show();
    expect(owner['cart']).toBe(cart);
    expect(item.n).toBe(7);
    // The names may stand in another order than in the store: that is no change.
    expect(attributes.changes().size).toBe(0);
    item.n = 8;
    expect([...attributes.changes()]).toMatchObject([
      ['cart', { from: '{"theirs":1,"items":[{"id":1,"n":7}],"mine":1}' }],
    ]);
    expect(JSON.parse(attributes.text('cart')!)).toEqual({ theirs: 1, items: [{ id: 1, n: 8 }], mine: 1 });
  });

  it('keeps later changes of the application, and their bases', () => {
    const { owner, attributes, show } = merged(
      { n: '1', cart: '{"a":1}', gone: '1', price: '1' },
      (o) => Object.assign(o, { n: 2, cart: { a: 2 }, gone: 2, price: 2 }),
      { n: '12', cart: '{"a":2,"b":1}', price: '12', fresh: '1' },
    );
    owner['n'] = 3;
    (owner['cart'] as Owner)['a'] = 3;
    owner['gone'] = 3;
    owner['price'] = 10n;
    owner['fresh'] = 3;
    show();
    expect({ ...owner }).toEqual({ n: 3, cart: { a: 3 }, gone: 3, price: 10n, fresh: 3 });
    owner['price'] = 2;
    expect(changesOf(attributes)).toEqual({
      n: { from: '2', to: '3' },
      cart: { from: '{"a":2}', to: '{"a":3}' },
      gone: { from: '2', to: '3' },
      fresh: { from: null, to: '3' },
    });
  });

  it('neither parses nor writes an attribute that was not read', () => {
    const { owner, attributes, show } = merged({ a: '[1]', b: BROKEN }, nothing, {
      a: BROKEN,
      b: '[2]',
      c: BROKEN,
    });
    show();
    expect(attributes.changes().size).toBe(0);
    expect(attributes.texts()).toEqual(
      new Map([
        ['a', BROKEN],
        ['b', '[2]'],
        ['c', BROKEN],
      ]),
    );
    expect(owner['b']).toEqual([2]);
  });

  it('replaces an object by a value that it cannot hold', () => {
    const { owner, attributes, show } = merged(
      { user: '{"id":1}', list: '{"a":1}', frozen: '{"a":1}' },
      (o) => {
        (o['user'] as Owner)['seen'] = 1;
        void o['list'];
        Object.freeze(o['frozen']);
      },
      { user: 'null', list: '[1]', frozen: '{"a":2}' },
    );
    show();
    expect({ ...owner }).toEqual({ user: null, list: [1], frozen: { a: 2 } });
    expect(attributes.changes().size).toBe(0);
  });

  it('ignores attributes of the engine and reserved names, and shows a name with a dollar sign', () => {
    const { owner, attributes, show } = merged({ $$a: '1' }, nothing, { $$a: '2', $cookie: '{}', save: '1' });
    show();
    expect({ ...owner }).toEqual({ $a: 2 });
    expect(attributes.changes().size).toBe(0);
  });

  it('changes neither attributes nor bases of a frozen session', () => {
    const { owner, attributes, show } = merged({ n: '1', gone: '1' }, nothing, { n: '2', fresh: '1' });
    Object.freeze(owner);
    show();
    expect({ ...owner }).toEqual({ n: 1, gone: 1 });
    expect([attributes.base('n'), attributes.base('gone'), attributes.base('fresh')]).toEqual([
      '1',
      '1',
      null,
    ]);
  });
});
