import { ownTexts, readHandle, readLogin, textsOfName } from '../../../lib/core/session/own-attributes.js';

describe('the attributes of the engine', () => {
  it('are those with one $, without the cookie settings', () => {
    const stored = new Map([
      ['$handle', '"h"'],
      ['$cookie', '{}'],
      ['$$price', '1'],
      ['cart', '2'],
      ['$later', '3'],
    ]);
    expect([...ownTexts(stored)]).toEqual([
      ['$handle', '"h"'],
      ['$later', '3'],
    ]);
  });

  it('name the session, unless it has the default name', () => {
    expect(textsOfName('default')).toBe(null);
    expect([...textsOfName('admin')!]).toEqual([['$name', '"admin"']]);
  });

  it.each([
    ['"abc"', 'abc'],
    ['1', null],
    ['{broken', null],
    [undefined, null],
  ])('a handle is read from %s', (text, handle) => {
    expect(readHandle(text)).toBe(handle);
  });

  it.each([undefined, 'null', '1', '{broken', '{"methods":{}}', '{"at":"1"}'])(
    'no login is read from %s',
    (text) => {
      expect(readLogin(text)).toBe(null);
    },
  );

  it('a login has only the methods that were used, also with names of the prototype', () => {
    const login = readLogin('{"at":2,"methods":{"pwd":1,"__proto__":2},"via":"option"}')!;
    expect([login.at, login.via, Object.keys(login.methods)]).toEqual([2, 'option', ['pwd', '__proto__']]);
    expect([login.methods['constructor'], login.methods['__proto__']]).toEqual([undefined, 2]);
    expect(Object.isFrozen(login.methods)).toBe(true);
  });

  it.each([
    ['{"name":"Firefox"}', { name: 'Firefox' }],
    ['{}', {}],
    ['null', undefined],
    ['[1]', undefined],
    ['"Firefox"', undefined],
  ])('a login with the device %s has the device %j', (text, device) => {
    const login = `{"at":2,"methods":{},"device":${text}}`;
    expect(readLogin(login)?.device).toEqual(device);
  });
});
