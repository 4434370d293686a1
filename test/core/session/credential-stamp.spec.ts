import { FakeClock } from 'nest-session/testing';
import type { SessionError } from '../../../lib/core/errors.js';
import { CredentialStamps, type StampSource } from '../../../lib/core/session/credential-stamp.js';
import type { SessionEvent } from '../../../lib/core/session-event.js';
import { minutes, seconds } from '../../../lib/core/util/clock.js';

const failureOf = async (run: () => unknown): Promise<SessionError> => {
  try {
    await run();
  } catch (error) {
    return error as SessionError;
  }
  throw new Error('It did not fail.');
};

describe('the present stamps of users', () => {
  let clock: FakeClock;
  let asked: string[];
  let events: SessionEvent[];
  /** The result for each user. */
  let results: Record<string, unknown>;

  const stampsOf = (source: Partial<StampSource> = {}): CredentialStamps => {
    clock = new FakeClock();
    asked = [];
    events = [];
    results = { u1: 'first', u2: 'first' };
    return new CredentialStamps({
      of: (principal) => {
        asked.push(principal);
        return results[principal];
      },
      checkEveryMs: minutes(1),
      limitMs: null,
      clock,
      onEvent: (event) => void events.push(event),
      ...source,
    });
  };
  const textOf = async (stamps: CredentialStamps, user = 'u1'): Promise<string | null> =>
    (await stamps.recent(user)).text;

  it('are hashes of principal and stamp, which show neither', async () => {
    const stamps = stampsOf();
    const [first, second] = [await textOf(stamps), await textOf(stamps, 'u2')];
    expect(JSON.parse(first!)).toMatch(/^[\w-]{43}$/);
    expect(second).not.toBe(first);
    results['u1'] = 'second';
    clock.advance(minutes(1));
    expect(await textOf(stamps)).not.toBe(first);
  });

  it.each([null, undefined])('have no text where the option returns %s', async (nobody) => {
    const stamps = stampsOf();
    results['u1'] = nobody;
    expect(await textOf(stamps)).toBeNull();
  });

  it('are kept for checkEvery, each for its own user', async () => {
    const stamps = stampsOf();
    await textOf(stamps);
    clock.advance(seconds(59));
    await textOf(stamps);
    await textOf(stamps, 'u2');
    expect(asked).toEqual(['u1', 'u2']);
    clock.advance(seconds(1));
    await textOf(stamps);
    await textOf(stamps, 'u2');
    expect(asked).toEqual(['u1', 'u2', 'u1']);
  });

  it('are asked for again after the clock was set back', async () => {
    const stamps = stampsOf();
    await textOf(stamps);
    clock.advance(-minutes(2));
    await textOf(stamps);
    expect(asked).toHaveLength(2);
  });

  it('are returned synchronously where the option does so', () => {
    const stamps = stampsOf();
    expect(stamps.recent('u1')).toMatchObject({ call: 1 });
    expect(stamps.recent('u1')).toMatchObject({ call: 1 });
  });

  it('share one call of concurrent requests, and with checkEvery 0 none', async () => {
    const of = (principal: string): Promise<string> => {
      asked.push(principal);
      return Promise.resolve('x');
    };
    const shared = stampsOf({ of });
    await Promise.all([textOf(shared), textOf(shared), textOf(shared)]);
    expect(asked).toHaveLength(1);
    const own = stampsOf({ of, checkEveryMs: 0 });
    await Promise.all([textOf(own), textOf(own), textOf(own)]);
    expect(asked).toHaveLength(3);
    own.note('u1', { text: 'x', call: 9, at: clock.now() });
    await textOf(own);
    expect(asked).toHaveLength(4);
  });

  it('accept promises of any library', async () => {
    const stamps = stampsOf({
      of: () => ({ then: (resolve: (stamp: string) => void) => resolve('first') }),
    });
    expect(await textOf(stamps)).toBe(await textOf(stampsOf()));
  });

  it('by ask() come from a call of their own, and are kept by note()', async () => {
    const stamps = stampsOf();
    const former = await textOf(stamps);
    results['u1'] = 'second';
    const present = await stamps.ask('u1');
    expect([await textOf(stamps), stamps.calls]).toEqual([former, 2]);
    stamps.note('u1', present);
    expect(await textOf(stamps)).toBe(present.text);
    expect(asked).toHaveLength(2);
  });

  it('of an earlier call never replace those of a later one', async () => {
    let resolveFirst = (_stamp: string): void => undefined;
    const first = new Promise<string>((resolve) => (resolveFirst = resolve));
    const replies: unknown[] = [first, 'second'];
    const stamps = stampsOf({ of: () => replies.shift() });
    const slow = stamps.recent('u1');
    const later = await stamps.ask('u1');
    stamps.note('u1', later);
    resolveFirst('first');
    const earlier = await slow;
    stamps.note('u1', earlier);
    expect(earlier.text).not.toBe(later.text);
    expect(await textOf(stamps)).toBe(later.text);
  });

  it.each<[string, () => unknown]>([
    ['throws', () => JSON.parse('{') as unknown],
    ['rejects', () => Promise.reject(new Error('secret text'))],
  ])('fail as a store where the option %s, and are asked for again (S-69)', async (_, fail) => {
    let isDown = true;
    const stamps = stampsOf({ of: () => (isDown ? fail() : 'first') });
    const error = await failureOf(() => stamps.recent('u1'));
    expect(error).toMatchObject({ code: 'ERR_SESSION_STORE', cause: expect.any(Error) as unknown });
    expect(error.message).toBe('The option credentialStamp.of failed.');
    isDown = false;
    clock.advance(seconds(2));
    expect(await textOf(stamps)).not.toBeNull();
    expect(events).toMatchObject([
      { type: 'store-down', source: 'credentialStamp', error },
      { type: 'store-up', source: 'credentialStamp', failedCalls: 1 },
    ]);
  });

  it('fail where the option takes longer than the limit', async () => {
    const stamps = stampsOf({ of: () => new Promise(() => undefined), limitMs: 1 });
    const error = await failureOf(() => stamps.recent('u1'));
    expect([error.code, error.message]).toEqual([
      'ERR_SESSION_STORE',
      'The option credentialStamp.of did not return a stamp in time.',
    ]);
    for (let call = 0; call < 4; call++) await failureOf(() => stamps.recent('u1'));
    const refused = await failureOf(() => stamps.recent('u1'));
    expect([refused.message, stamps.calls]).toEqual([error.message, 6]);
    expect(events).toHaveLength(1);
  });

  it.each([5, true, new Date(0), ['x'], Symbol('x')])(
    'refuse a result that is no text: %p',
    async (value) => {
      const stamps = stampsOf();
      results['u1'] = value;
      const error = await failureOf(() => stamps.recent('u1'));
      expect(error.code).toBe('ERR_SESSION_VALUE');
      expect(error.message).toMatch(/must return a text, or null .* got (a|an) /);
      expect(events).toEqual([]);
    },
  );

  it('show no result in an error', async () => {
    const stamps = stampsOf({ of: async () => 8_675_309 });
    const { message } = await failureOf(() => stamps.recent('u1'));
    expect(message).not.toContain('8675309');
  });
});
