import { attributesBefore } from '../../../lib/core/session/attribute-checkpoint.js';
import { isLazyProperty, lazyAttribute } from '../../../lib/core/session/lazy-attribute.js';

describe('attributes that are restored', () => {
  it('have their values, their order and their accessors', () => {
    const nested = { a: 1 };
    const owner: Record<string, unknown> = { one: 1, two: nested };
    Object.defineProperty(owner, 'lazy', lazyAttribute('lazy'));
    owner['last'] = 'x';
    let restored = 0;
    const undo = attributesBefore(owner, () => restored++);
    for (const name of ['one', 'two', 'lazy']) Reflect.deleteProperty(owner, name);
    undo.begun();
    expect(restored).toBe(0);
    undo.restore();
    expect([Object.keys(owner), restored]).toEqual([['one', 'two', 'lazy', 'last'], 1]);
    expect([owner['one'], owner['last']]).toEqual([1, 'x']);
    expect(owner['two']).toBe(nested);
    expect(isLazyProperty(Object.getOwnPropertyDescriptor(owner, 'lazy')! as never)).toBe(true);
  });

  it('keep what was set, changed and deleted since the login has begun', () => {
    const owner: Record<string, unknown> = { dropped: 1, kept: 2, deleted: 3, again: 4 };
    const undo = attributesBefore(owner, () => undefined);
    delete owner['dropped'];
    delete owner['again'];
    undo.begun();
    owner['kept'] = 20;
    owner['again'] = undefined;
    owner['added'] = 5;
    delete owner['deleted'];
    undo.restore();
    expect(Object.entries(owner)).toEqual([
      ['dropped', 1],
      ['kept', 20],
      ['again', undefined],
      ['added', 5],
    ]);
  });

  it('stay as they are in an object that takes no others', () => {
    const owner = Object.freeze({ one: 1 });
    const undo = attributesBefore(owner, () => undefined);
    undo.restore();
    expect(owner).toEqual({ one: 1 });
  });
});
