import { minutes, Public, RequireLogin, RequireSession, type SessionRequirement } from 'nest-session';
import { SESSION_REQUIREMENT } from '../../lib/nest/session.constants.js';

type Decorator = MethodDecorator & ClassDecorator;

/** The requirement of a method with these decorators, in the order of the source. */
function requirementOf(...decorators: Decorator[]): SessionRequirement {
  class Controller {
    handler() {
      return 'done';
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(Controller.prototype, 'handler')!;
  for (const decorator of decorators.reverse()) decorator(Controller.prototype, 'handler', descriptor);
  return Reflect.getMetadata(SESSION_REQUIREMENT, Controller.prototype.handler) as SessionRequirement;
}

/** As in JavaScript. */
const decorateWith = RequireSession as (...args: unknown[]) => unknown;

const isAdmin = (): boolean => true;

describe('the requirement of a route', () => {
  it.each<[string, Decorator, Partial<SessionRequirement>]>([
    ['@RequireSession()', RequireSession(), { required: true, login: false, conditions: [] }],
    [
      '@RequireSession(paths)',
      RequireSession('user.id', isAdmin),
      { required: true, login: false, conditions: ['user.id', isAdmin], name: undefined },
    ],
    ['@RequireSession(name)', RequireSession({ name: 'admin' }, 'ok'), { name: 'admin', conditions: ['ok'] }],
    [
      '@RequireSession(step-up)',
      RequireSession({ authenticatedWithin: minutes(5), method: 'otp' }, isAdmin),
      { login: true, authenticatedWithinMs: 300_000, method: 'otp', conditions: [isAdmin] },
    ],
    ['@RequireSession(false)', RequireSession(false), { required: false }],
    ['@Public()', Public(), { required: false }],
    ['@RequireLogin()', RequireLogin(), { required: true, login: true, conditions: [] }],
    ['@RequireLogin(conditions)', RequireLogin('role'), { login: true, conditions: ['role'] }],
    [
      '@RequireLogin(options)',
      RequireLogin({ name: 'admin', authenticatedWithin: 1 }, isAdmin),
      { login: true, name: 'admin', authenticatedWithinMs: 1, conditions: [isAdmin] },
    ],
  ])('is set by %s', (_, decorator, requirement) => {
    expect(requirementOf(decorator)).toMatchObject(requirement);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['undefined', () => RequireSession(undefined as never), /takes options first.*got undefined/],
    ['null', () => RequireSession(null as never), /takes options first.*got null/],
    ['a number', () => RequireLogin(5 as never), /@RequireLogin takes options first.*got 5/],
    ['true', () => RequireSession(true as never), /got true/],
    ['an unknown option', () => RequireSession({ within: 5 } as never), /has no option within/],
    ['options after a condition', () => RequireSession('a', {} as never), /takes options first/],
    ['two options', () => RequireSession({}, { method: 'otp' } as never), /takes options first/],
    ['false and more', () => decorateWith(false, 'a'), /takes nothing else, got "a"/],
    ['a condition and false', () => decorateWith('a', false), /takes options first/],
    ['an empty name', () => RequireSession({ name: '' }), /option name of @RequireSession/],
    ['no time', () => RequireSession({ authenticatedWithin: 0 }), /authenticatedWithin.*got 0/],
    ['part of a millisecond', () => RequireSession({ authenticatedWithin: 0.5 }), /got 0\.5/],
    ['NaN', () => RequireSession({ authenticatedWithin: NaN }), /got NaN/],
    ['a text as time', () => RequireSession({ authenticatedWithin: '5m' as never }), /got "5m"/],
    ['an empty method', () => RequireSession({ method: '' }), /option method.*got ""/],
    ['a method with a quote', () => RequireSession({ method: 'a"b' }), /option method/],
    ['a method with a line break', () => RequireSession({ method: 'a\r\nSet-Cookie: b' }), /option method/],
    ['two methods in one', () => RequireSession({ method: 'otp pwd' }), /option method/],
  ])('cannot be %s', (_, decorate, message) => {
    expect(decorate).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }) as Error);
    expect(decorate).toThrow(message);
  });

  it.each<[string, () => Decorator[]]>([
    ['@RequireLogin, @RequireSession', () => [RequireLogin(), RequireSession('role')]],
    ['@Public, @RequireSession', () => [Public(), RequireSession('role')]],
    ['@RequireSession, @RequireSession', () => [RequireSession('a'), RequireSession('b')]],
  ])('is one: the second would have no effect: %s', (_, decorators) => {
    expect(() => requirementOf(...decorators())).toThrow(/one of two requirements at the function handler/);
  });

  it('of a class may replace that of its base class', () => {
    @RequireLogin()
    class Base {}
    @Public()
    class Derived extends Base {}
    expect(Reflect.getMetadata(SESSION_REQUIREMENT, Derived)).toMatchObject({ required: false });
  });
});
