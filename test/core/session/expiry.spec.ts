import { days, hours, minutes, seconds } from '../../../lib/core/util/clock.js';
import { expiryAt, isRecordExpired, isTouchDue } from '../../../lib/core/session/expiry.js';
import type { SessionCookieFactory } from '../../../lib/core/session/session-cookie.js';
import { NEVER, type SessionRecord } from '../../../lib/core/store/session-record.js';

const NOW = 1_700_000_000_000;

const recordOf = (over: Partial<SessionRecord>): SessionRecord => ({
  createdAt: NOW,
  touchedAt: NOW,
  expiresAt: NOW + hours(1),
  principal: null,
  revision: 0,
  attributes: new Map(),
  ...over,
});

describe('expiryAt', () => {
  it.each<[string, number, number, number, number, number]>([
    // title, now, createdAt, idle, absolute, expiry
    ['is the idle timeout from now', NOW, NOW, minutes(30), hours(12), NOW + minutes(30)],
    [
      'is the absolute timeout if that comes first (S-35)',
      NOW,
      NOW - hours(11.75),
      minutes(30),
      hours(12),
      NOW + minutes(15),
    ],
    [
      'is in the past after the absolute timeout',
      NOW,
      NOW - hours(13),
      minutes(30),
      hours(12),
      NOW - hours(1),
    ],
    ['follows the other where one has no limit', NOW, NOW, Infinity, hours(12), NOW + hours(12)],
    [
      'follows the idle timeout without an absolute one',
      NOW,
      NOW - days(900),
      minutes(30),
      Infinity,
      NOW + minutes(30),
    ],
    ['is the last instant that a Date can hold where nothing ends it', NOW, NOW, Infinity, Infinity, NEVER],
    ['stays within what a Date can hold', NOW, NOW, Number.MAX_SAFE_INTEGER, Infinity, NEVER],
  ])('%s', (_, now, createdAt, idleMs, absoluteMs, expected) => {
    expect(expiryAt(now, createdAt, idleMs, absoluteMs)).toBe(expected);
  });

  it('returns an instant that a Date and a store can hold', () => {
    expect(new Date(NEVER).getTime()).toBe(NEVER);
    expect(Number.isSafeInteger(NEVER)).toBe(true);
    expect(Number.isNaN(new Date(NEVER + 1).getTime())).toBe(true);
  });

  it('is a whole millisecond even if a lifetime is not: stores hold integers (S-34)', () => {
    expect(Number.isSafeInteger(expiryAt(NOW, NOW, hours(1) / 7, hours(12)))).toBe(true);
  });
});

describe('isRecordExpired', () => {
  const cookies = {
    plan: { lifetimeMs: null, endsAt: null, isPersistent: false, secure: true },
  } as SessionCookieFactory;

  it.each<[string, Partial<SessionRecord>, number, boolean]>([
    ['a millisecond before its end', { expiresAt: NOW + 1 }, Infinity, false],
    ['at the millisecond of its end (S-34)', { expiresAt: NOW }, Infinity, true],
    ['after its end', { expiresAt: NOW - 1 }, Infinity, true],
    ['a millisecond before the absolute limit', { createdAt: NOW - hours(1) + 1 }, hours(1), false],
    ['at the millisecond of the absolute limit (S-35)', { createdAt: NOW - hours(1) }, hours(1), true],
    [
      'older than a limit that was shortened meanwhile (S-35)',
      { createdAt: NOW - hours(2), expiresAt: NOW + days(9) },
      hours(1),
      true,
    ],
    ['that nothing ends', { createdAt: 0, expiresAt: NEVER }, Infinity, false],
  ])('for a session %s', (_, over, absoluteMs, expected) => {
    const lifetimes = { idleMs: Infinity, absoluteMs, touchEveryMs: null };
    expect(isRecordExpired(recordOf(over), lifetimes, cookies, NOW)).toBe(expected);
  });
});

describe('isTouchDue', () => {
  it.each<[string, number, number | null, number, boolean]>([
    // title, idle, touchEvery, time since the last touch, due
    ['not before a tenth of the idle timeout', minutes(5), null, seconds(30) - 1, false],
    ['at a tenth of the idle timeout', minutes(5), null, seconds(30), true],
    ['not before a minute where a tenth is longer', hours(24), null, minutes(1) - 1, false],
    ['at a minute where a tenth is longer', hours(24), null, minutes(1), true],
    ['at a minute where nothing ends an unused session', Infinity, null, minutes(1), true],
    ['not before the given interval', hours(1), minutes(10), minutes(10) - 1, false],
    ['at the given interval', hours(1), minutes(10), minutes(10), true],
    ['at the given interval, also a short one', hours(1), 1, 1, true],
    ['not within the same millisecond', hours(1), 1, 0, false],
    ['not where the clock of another server is ahead (S-41)', hours(1), null, -minutes(5), false],
  ])('%s', (_, idleMs, touchEveryMs, since, expected) => {
    const lifetimes = { idleMs, touchEveryMs };
    expect(isTouchDue(recordOf({ touchedAt: NOW - since }), idleMs, lifetimes, NOW)).toBe(expected);
  });
});
