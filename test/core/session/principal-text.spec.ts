import { SessionError } from '../../../lib/core/errors.js';
import { principalText } from '../../../lib/core/session/principal-text.js';

class User {
  id = 'secret-id';
}

describe('a principal as text', () => {
  it.each([
    ['u1', 'u1'],
    ['0', '0'],
    [' ', ' '],
    [7, '7'],
    [0, '0'],
    [-0, '0'],
    [-3, '-3'],
    [9007199254740991, '9007199254740991'],
    [12345678901234567890n, '12345678901234567890'],
    [null, null],
    [undefined, null],
  ])('%p is %p', (value, text) => {
    expect(principalText(value, 'It')).toBe(text);
  });

  it.each([
    [''],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [1.5],
    [9007199254740992],
    [true],
    [Symbol('u')],
    [{ id: 'u1' }],
    [['u1']],
    [() => 'u1'],
    [Promise.resolve('u1')],
    [new Date(0)],
    [Object('u1') as unknown],
    [new User()],
  ])('%p is refused', (value) => {
    const call = (): unknown => principalText(value, 'It');
    expect(call).toThrow(SessionError);
    expect(call).toThrow(/^It must be a text/);
  });

  it('a promise that rejects is refused, and does not end the process', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): unknown => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const rejected = Promise.reject(new Error('no user'));
    expect(() => principalText(rejected, 'It')).toThrow(/^It must be a text.* got a Promise/);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it('the error does not contain data of a user object', () => {
    expect(() => principalText(new User(), 'It')).toThrow(/^(?!.*secret-id)/);
  });
});
