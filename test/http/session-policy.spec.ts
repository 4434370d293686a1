import { days, hours, minutes, sessionPolicy } from 'nest-session/http';
import { policyLine } from '../../lib/http/session-policy.js';

describe('sessionPolicy()', () => {
  it('states the timeouts of options, without a secret (S-1)', () => {
    expect(sessionPolicy({ timeouts: { profile: 'aal2', idle: minutes(30) } })).toEqual({
      profile: 'aal2',
      deviation: null,
      idle: minutes(30),
      longestIdle: hours(1),
      absolute: hours(24),
      limit: null,
    });
    expect(sessionPolicy({})).toEqual({
      profile: null,
      deviation: null,
      idle: hours(24),
      longestIdle: Infinity,
      absolute: days(30),
      limit: null,
    });
  });

  it('states how many sessions a user may have, and what one more login does (S-2)', () => {
    const { limit } = sessionPolicy({ limit: { perPrincipal: 3 } });
    expect(limit).toEqual({ perPrincipal: 3, whenReached: 'evict-oldest' });
    const byUser = sessionPolicy({ limit: { perPrincipal: () => 3, whenReached: 'reject' } });
    expect(byUser.limit).toEqual({ perPrincipal: null, whenReached: 'reject' });
  });

  it.each([
    [{ perPrincipal: 3 }, 'A user may have 3 sessions; one more login ends the oldest.'],
    [
      { perPrincipal: 1, whenReached: 'evict-least-recent' },
      'A user may have one session; one more login ends the least recently used one.',
    ],
    [
      { perPrincipal: () => 3, whenReached: 'reject' },
      'A user may have a number of sessions that depends on the user; one more login is refused.',
    ],
  ] as const)('states the limit in the line of the log: %p', (limit, line) => {
    expect(policyLine(sessionPolicy({ limit }))).toBe(line);
    expect(policyLine(sessionPolicy({ limit, timeouts: { profile: 'aal2' } }))).toMatch(
      /aal2 .* A user may have/,
    );
  });

  it('throws what the options would throw at startup', () => {
    expect(() => sessionPolicy({ timeouts: { profile: 'aal2', idle: days(1) } })).toThrow('timeouts.idle');
  });

  it.each([
    [{}, null],
    [
      { profile: 'aal3' },
      'Sessions follow the profile aal3 (NIST SP 800-63B-4, section 2.3.3): at most 15 minutes unused, at most 12 hours used.',
    ],
    [
      { profile: 'aal1', idle: Infinity, deviation: 'a "kiosk"\nat home' },
      'Sessions follow the profile aal1 (NIST SP 800-63B-4, section 2.1.3): no limit while unused, at most 30 days used. Deviation: "a \\"kiosk\\"\\nat home".',
    ],
  ] as const)('is one line of the log: %p', (timeouts, line) => {
    expect(policyLine(sessionPolicy({ timeouts }))).toBe(line);
  });
});
