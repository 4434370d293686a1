import { FakeClock } from 'nest-session/testing';
import { resolveCookie } from '../../../lib/cookie/cookie-options.js';
import { OptionsCookieFactory } from '../../../lib/cookie/session-cookie-factory.js';
import { SessionAttributes } from '../../../lib/core/session/attributes.js';
import { NO_FEATURES, type LoginLimit } from '../../../lib/core/session/engine-features.js';
import type { EngineParts, RequestContext } from '../../../lib/core/session/request-context.js';
import { beforeLogin } from '../../../lib/core/session/session-checkpoint.js';
import { SessionState } from '../../../lib/core/session/session-state.js';
import { newSessionId } from '../../../lib/core/session-id.js';
import { hours } from '../../../lib/core/util/clock.js';

/** Fields that a refused login leaves: those that it cannot change, and what lasts for the whole request. */
const LEFT = ['parts', 'request', 'attributes', 'cookie', 'refused', 'isStamped', 'endsOldId', 'isAsked'];

function stateWith(whenReached: LoginLimit['whenReached'] | null): SessionState {
  const clock = new FakeClock(1_700_000_000_000);
  const limit = whenReached === null ? null : { perPrincipal: () => 1, whenReached };
  const features = { ...NO_FEATURES, limit };
  const lifetimes = { idleMs: 1, absoluteMs: hours(1), touchEveryMs: null };
  const parts = { features, clock, lifetimes, named: null, newId: newSessionId } as unknown as EngineParts;
  const cookies = new OptionsCookieFactory(resolveCookie({}, true, clock.now()), () => clock.now());
  const request = { presented: false, cookies } as unknown as RequestContext;
  return new SessionState(parts, request, new SessionAttributes({}, new Set()), null);
}

describe('a session that is restored after a refused login', () => {
  it('has every field that it had, also those that are added to the state later', () => {
    const state = stateWith('reject') as unknown as SessionState & Record<string, unknown>;
    const fields = Object.keys(state).filter((field) => !LEFT.includes(field));
    for (const field of fields) state[field] = { before: field };
    const undo = beforeLogin(state)!;
    for (const field of fields) state[field] = { after: field };
    undo.restore();
    expect(Object.fromEntries(fields.map((field) => [field, state[field]]))).toEqual(
      Object.fromEntries(fields.map((field) => [field, { before: field }])),
    );
    expect(fields).toContain('unsettled');
  });

  it('has its id, its cookie and its attributes', () => {
    const state = stateWith('reject');
    const { id, cookie } = state;
    const owner = state.attributes.owner as Record<string, unknown>;
    owner['cart'] = 1;
    const { object, browser } = cookie;
    const undo = beforeLogin(state)!;
    state.dropId();
    cookie.use({ settings: '{"maxAge":1}', touchedAt: 1, endsBy: 2 });
    cookie.markSent(1);
    state.attributes.keepOnly([]);
    undo.begun();
    owner['own'] = 2;
    undo.restore();
    expect([state.id, cookie.browser]).toEqual([id, browser]);
    expect(cookie.object).toBe(object);
    expect(owner).toEqual({ cart: 1, own: 2 });
  });

  it('costs nothing where no limit refuses logins', () => {
    for (const mode of [null, 'evict-oldest', 'evict-least-recent'] as const)
      expect(beforeLogin(stateWith(mode))).toBe(null);
  });
});
