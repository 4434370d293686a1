import { days, hours, minutes, type SessionOptions, type SessionTimeouts } from 'nest-session/http';
import { resolveSessionOptions } from '../../lib/http/resolve-options.js';
import { durationText } from '../../lib/http/timeout-profiles.js';
import { SECRET } from '../support/secret.js';

const resolved = (timeouts: SessionTimeouts, cookie: SessionOptions['cookie'] = {}) =>
  resolveSessionOptions({ secret: SECRET, timeouts, cookie });

const messageOf = (timeouts: object, cookie?: SessionOptions['cookie']): string => {
  try {
    resolved(timeouts, cookie);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_SESSION_CONFIG' });
    return (error as Error).message;
  }
  throw new Error('The options were accepted.');
};

const LONGER = 'because staff work offline';

describe('the option timeouts.profile', () => {
  it.each<[string, SessionTimeouts, SessionOptions['cookie'], number, number, number]>([
    // title, timeouts, cookie, idle, absolute, longest idle timeout of one session
    ['aal1, with the idle timeout of before', { profile: 'aal1' }, {}, hours(24), days(30), Infinity],
    ['aal2', { profile: 'aal2' }, {}, hours(1), hours(24), hours(1)],
    ['aal3', { profile: 'aal3' }, {}, minutes(15), hours(12), minutes(15)],
    [
      'shorter values',
      { profile: 'aal2', idle: minutes(5), absolute: hours(2) },
      {},
      minutes(5),
      hours(2),
      hours(1),
    ],
    [
      'an absolute timeout below the idle one of the profile',
      { profile: 'aal2', absolute: minutes(30) },
      {},
      minutes(30),
      minutes(30),
      hours(1),
    ],
    [
      'the very limits',
      { profile: 'aal3', idle: minutes(15), absolute: hours(12) },
      {},
      minutes(15),
      hours(12),
      minutes(15),
    ],
    ['a shorter cookie', { profile: 'aal2' }, { maxAge: minutes(20) }, minutes(20), hours(24), hours(1)],
    [
      'a cookie that outlives the idle timeout',
      { profile: 'aal2', idle: minutes(30) },
      { maxAge: hours(8) },
      minutes(30),
      hours(24),
      hours(1),
    ],
    [
      'cookies by a function',
      { profile: 'aal2' },
      () => ({ maxAge: hours(8) }),
      hours(1),
      hours(24),
      hours(1),
    ],
    [
      'a stated deviation',
      { profile: 'aal2', idle: hours(4), absolute: days(2), deviation: LONGER },
      {},
      hours(4),
      days(2),
      hours(4),
    ],
    [
      'no idle timeout, and a reason',
      { profile: 'aal3', idle: Infinity, deviation: LONGER },
      {},
      Infinity,
      hours(12),
      Infinity,
    ],
    [
      'a longer cookie, and a reason',
      { profile: 'aal3', deviation: LONGER },
      { maxAge: hours(2) },
      hours(2),
      hours(12),
      hours(2),
    ],
    [
      'a reason that is not needed',
      { profile: 'aal3', deviation: LONGER },
      {},
      minutes(15),
      hours(12),
      minutes(15),
    ],
  ])('sets and limits the timeouts: %s (S-37)', (_, timeouts, cookie, idleMs, absoluteMs, mostIdleMs) => {
    expect(resolved(timeouts, cookie)).toMatchObject({ idleMs, absoluteMs, mostIdleMs });
  });

  it.each<[string, SessionTimeouts, SessionOptions['cookie'], RegExp]>([
    [
      'idle',
      { profile: 'aal2', idle: hours(2) },
      {},
      /^timeouts\.idle 7200000 is longer than the 3600000 \(1 hour\) of timeouts\.profile "aal2" \(NIST SP 800-63B-4, section 2\.2\.3\)\. Shorten it, or state the reason in timeouts\.deviation\.$/,
    ],
    [
      'no idle',
      { profile: 'aal3', idle: Infinity },
      {},
      /idle Infinity .* 900000 \(15 minutes\) .*"aal3".*2\.3\.3/,
    ],
    ['absolute', { profile: 'aal3', absolute: days(1) }, {}, /absolute 86400000 .* 43200000 \(12 hours\)/],
    ['absolute of aal1', { profile: 'aal1', absolute: days(31) }, {}, /absolute .* \(30 days\) .*2\.1\.3/],
    ['no absolute', { profile: 'aal2', absolute: Infinity }, {}, /absolute Infinity .* \(24 hours\)/],
    ['the cookie', { profile: 'aal2' }, { maxAge: hours(8) }, /^cookie\.maxAge 28800000 .* \(1 hour\)/],
    [
      'the cookie beside idle',
      { profile: 'aal2', idle: 1000 },
      { maxAge: days(2) },
      /^cookie\.maxAge .* \(24 hours\)/,
    ],
    ['the cookie of aal1', { profile: 'aal1' }, { maxAge: days(40) }, /^cookie\.maxAge .* \(30 days\)/],
  ])('refuses longer values without a reason: %s (S-1)', (_, timeouts, cookie, message) => {
    expect(messageOf(timeouts, cookie)).toMatch(message);
  });

  it.each<[object, RegExp]>([
    [{ profile: 'aal4' }, /timeouts\.profile must be "aal1", "aal2" or "aal3", got "aal4"/],
    [{ profile: 2 }, /timeouts\.profile must be .* got 2/],
    [{ profile: 'aal2', deviation: '' }, /timeouts\.deviation must be a text that states the reason/],
    [{ profile: 'aal2', deviation: '  ' }, /timeouts\.deviation must be a text/],
    [{ profile: 'aal2', deviation: true }, /timeouts\.deviation must be a text .* got true/],
    [{ deviation: LONGER }, /timeouts\.deviation is the reason .* timeouts\.profile is not set/],
    [
      { profile: 'aal2', deviation: LONGER, idle: days(2) },
      /longer than timeouts\.absolute 86400000 \(of the profile "aal2"\)/,
    ],
  ])('refuses %p', (timeouts, message) => {
    const text = messageOf(timeouts);
    expect(text).toMatch(message);
    expect(text).not.toContain(LONGER);
  });
});

it.each([
  [minutes(15), '15 minutes'],
  [hours(1), '1 hour'],
  [hours(24), '24 hours'],
  [days(30), '30 days'],
  [minutes(90), '90 minutes'],
  [1500, '1500 milliseconds'],
])('%d milliseconds are shown in words', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});
