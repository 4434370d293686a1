import type { ExecutionContext } from '@nestjs/common';
import { SessionActivity } from 'nest-session';
import { ATTACHED } from '../../lib/http/request-properties.js';
import { ActivityGuard } from '../../lib/nest/activity-guard.js';

class Quiet {
  @SessionActivity(false) poll() {}
  @SessionActivity(true) page() {}
  other() {}
}

@SessionActivity(false)
class QuietClass extends Quiet {}

type Method = 'poll' | 'page' | 'other';
const contextOf = (type: string, request: unknown, method: Method = 'poll', target: typeof Quiet = Quiet) =>
  ({
    getType: () => type,
    switchToHttp: () => ({ getRequest: () => request }),
    switchToWs: () => ({ getClient: () => request }),
    getArgByIndex: () => request,
    getHandler: () => target.prototype[method],
    getClass: () => target,
  }) as unknown as ExecutionContext;

const guard = new ActivityGuard();

describe('ActivityGuard', () => {
  it.each([
    ['rpc', { data: 1 }],
    ['ws', {}],
    ['graphql', undefined],
    ['graphql', {}],
    ['graphql', { req: null }],
    ['graphql', { req: 'a text' }],
    ['graphql', { req: { headers: {} } }],
    ['http', {}],
    ['http', { raw: null }],
    ['unknown', undefined],
  ])('passes what has no session: %s %p', (type, request) => {
    expect(guard.canActivate(contextOf(type, request))).toBe(true);
  });

  it.each<[Method, typeof Quiet, boolean]>([
    ['poll', Quiet, true],
    ['page', Quiet, false],
    ['other', Quiet, false],
    ['poll', QuietClass, true],
    ['page', QuietClass, false],
    ['other', QuietClass, true],
  ])('reads the handler, then its class: %s of %p', (method, target, isPassive) => {
    const session = { isPassive: undefined };
    const other = { isPassive: undefined };
    guard.canActivate(contextOf('http', { raw: { [ATTACHED]: [session, other] } }, method, target));
    expect([session, other]).toEqual([{ isPassive }, { isPassive }]);
  });

  it('counts a request that several handlers serve where one of them counts', () => {
    for (const methods of [
      ['poll', 'page'],
      ['page', 'poll'],
    ] as const) {
      const session = { isPassive: undefined };
      for (const method of methods)
        guard.canActivate(contextOf('graphql', { req: { [ATTACHED]: [session] } }, method));
      expect(session).toEqual({ isPassive: false });
    }
  });
});

describe('@SessionActivity', () => {
  it.each([undefined, null, 0, 'false', {}])('takes true or false only: %p', (value) => {
    expect(() => SessionActivity(value as never)).toThrow(/@SessionActivity takes true or false, got/);
  });
});
