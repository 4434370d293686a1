import {
  applicationAttributes,
  applicationName,
  storedName,
} from '../../../lib/core/session/attribute-name.js';

describe('names of attributes', () => {
  it.each([
    ['cart', 'cart'],
    ['$x', '$$x'],
    ['$$x', '$$$x'],
    ['x$', 'x$'],
    ['', ''],
  ])('stores %j as %j, and restores it', (name, stored) => {
    expect(storedName(name)).toBe(stored);
    expect(applicationName(stored)).toBe(name);
  });

  it("has no application's name for an attribute of the engine", () => {
    expect(applicationName('$cookie')).toBeNull();
  });
});

describe('applicationAttributes', () => {
  const reserved = new Set(['id']);

  it('returns the same map where it holds only plain names', () => {
    const stored = new Map([['n', '1']]);
    expect(applicationAttributes(stored, reserved)).toBe(stored);
  });

  it('leaves out attributes of the engine and reserved names, and leaves the map as it was', () => {
    const stored = new Map([
      ['$cookie', '{}'],
      ['id', '1'],
      ['$$x', '2'],
      ['n', '3'],
    ]);
    expect(applicationAttributes(stored, reserved)).toEqual(
      new Map([
        ['n', '3'],
        ['$x', '2'],
      ]),
    );
    expect(stored.size).toBe(4);
  });
});
