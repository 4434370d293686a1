import { OnSession, type SessionEventOf } from 'nest-session';
import { listenedTypes } from '../../lib/nest/on-session.decorator.js';

describe('@OnSession', () => {
  it('sets the types of a method', () => {
    class Listener {
      @OnSession('login', 'logout') on(event: SessionEventOf<'login' | 'logout'>) {
        return event.handle;
      }
      @OnSession('created') @OnSession('created', 'store-up') both() {
        return 'both';
      }
      none() {
        return 'none';
      }
    }
    const { on, both, none } = Listener.prototype;
    expect([on, both, none].map((method) => [...listenedTypes(method)])).toEqual([
      ['login', 'logout'],
      ['created', 'store-up'],
      [],
    ]);
  });

  it.each<[string, unknown[], RegExp]>([
    ['no type', [], /at least one of created, login, .*got none/],
    ['an unknown type', ['login', 'signin'], /types of session events.*got "signin"/],
    ['a name of Object', ['constructor'], /got "constructor"/],
    ['a value that is no text', [undefined], /got undefined/],
  ])('refuses %s', (_, types, message) => {
    const decorate = (): unknown => OnSession(...(types as ['login']));
    expect(decorate).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }) as Error);
    expect(decorate).toThrow(message);
  });

  it('checks the parameter of the method at compile time', () => {
    class Listener {
      // @ts-expect-error An event of the type login has no downMs.
      @OnSession('login') on(event: SessionEventOf<'store-up'>) {
        return event.downMs;
      }
    }
    expect(listenedTypes(Listener.prototype.on).size).toBe(1);
  });
});
