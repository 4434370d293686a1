import { minutes } from 'nest-session';
import { challengeOf, denialOf, toUnauthorized, type SessionDenial } from '../../lib/nest/session-denial.js';
import { requirementOf } from '../../lib/nest/session-requirement.js';
import type { RequireSessionOptions } from 'nest-session';

/** A session: its principal, and the age of its login and of each method. */
interface FakeSession {
  readonly principal: string | null;
  readonly age?: number;
  readonly methods?: Readonly<Record<string, number>>;
}
const ageOf = (session: FakeSession, method?: string): number | null =>
  (method === undefined ? session.age : session.methods?.[method]) ?? null;

const requirement = (options: RequireSessionOptions & { login?: boolean }) => {
  const { login, ...given } = options;
  const found = requirementOf('@Test', [given]);
  return login === undefined ? found : { ...found, login };
};

const anonymous: FakeSession = { principal: null };
const loggedIn: FakeSession = { principal: 'u1', age: 300_000, methods: { pwd: 300_000, otp: 60_000 } };
const fresh = { authenticatedWithin: minutes(5) };

describe('the denial of a request', () => {
  it.each<[string, FakeSession | undefined, RequireSessionOptions & { login?: boolean }, string | null]>([
    ['no session', undefined, {}, 'no-session'],
    ['no session, where a login is required', undefined, { login: true }, 'no-session'],
    ['no session, where a method is required', undefined, { method: 'otp' }, 'no-session'],
    ['any session', anonymous, {}, null],
    ['an anonymous session, where a login is required', anonymous, { login: true }, 'no-login'],
    ['an anonymous session, where a method is required', anonymous, { method: 'otp' }, 'no-login'],
    ['an anonymous session, where a recent login is required', anonymous, fresh, 'no-login'],
    ['a login', loggedIn, { login: true }, null],
    ['an empty principal is one', { principal: '' }, { login: true }, null],
    ['a method that was used', loggedIn, { method: 'otp' }, null],
    ['a method that was not used', loggedIn, { method: 'webauthn' }, 'method-missing'],
    ['a login at exactly the limit', loggedIn, { authenticatedWithin: 300_000 }, null],
    ['a login just beyond it', loggedIn, { authenticatedWithin: 299_999 }, 'authentication-too-old'],
    ['a login without a time', { principal: 'u1' }, fresh, 'authentication-too-old'],
    ['a recent method of an old login', loggedIn, { authenticatedWithin: minutes(2), method: 'otp' }, null],
    [
      'an old method of a recent login',
      { ...loggedIn, age: 0 },
      { authenticatedWithin: minutes(2), method: 'pwd' },
      'authentication-too-old',
    ],
    ['a missing method of a recent login', loggedIn, { ...fresh, method: 'webauthn' }, 'method-missing'],
  ])('%s', (_, session, options, denial) => {
    expect(denialOf(session, requirement(options), ageOf)).toBe(denial);
  });
});

describe('the response of a denial', () => {
  const both = requirement({ authenticatedWithin: minutes(5), method: 'otp' });
  const bodyOf = (denial: SessionDenial): object => toUnauthorized(denial, both).getResponse() as object;
  const opaque = { statusCode: 401, message: 'Unauthorized' };

  it.each<[SessionDenial, object]>([
    ['no-session', {}],
    ['no-login', {}],
    ['condition', {}],
    ['method-missing', { method: 'otp', maxAge: 300 }],
    ['authentication-too-old', { method: 'otp', maxAge: 300 }],
  ])('has the reason %s, and what to do about it', (reason, more) => {
    expect(bodyOf(reason)).toEqual({ ...opaque, reason, ...more });
    expect(toUnauthorized(reason, both).getStatus()).toBe(401);
    expect(toUnauthorized(reason, both).message).toBe('Unauthorized');
  });

  it('has a challenge only where another authentication helps', () => {
    const denials = ['no-session', 'no-login', 'condition'] as const;
    expect(denials.map((denial) => challengeOf(denial, both))).toEqual([null, null, null]);
  });

  it.each<[SessionDenial, RequireSessionOptions, string]>([
    [
      'authentication-too-old',
      { authenticatedWithin: 90_500 },
      'error_description="A more recent authentication is required", max_age="90"',
    ],
    [
      'method-missing',
      { method: 'otp' },
      'error_description="Another authentication method is required", acr_values="otp"',
    ],
    [
      'method-missing',
      { authenticatedWithin: minutes(5), method: 'urn:mace:incommon:iap:silver' },
      'error_description="Another authentication method is required", max_age="300", acr_values="urn:mace:incommon:iap:silver"',
    ],
  ])('has the challenge of RFC 9470: %s', (denial, options, rest) => {
    expect(challengeOf(denial, requirement(options))).toBe(
      `Bearer error="insufficient_user_authentication", ${rest}`,
    );
  });
});
