import { Sse } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { Subscription } from '@nestjs/graphql';
import { SessionActivity } from 'nest-session';
import { FirstGuards } from '../../lib/nest/first-guards.js';

class Plain {
  @SessionActivity(true) page() {}
}
class Quiet {
  @SessionActivity(false) poll() {}
}
@SessionActivity(false)
class QuietClass {
  page() {}
}
class Streams {
  @Sse() events() {}
}

class News {
  @Subscription(() => String) news() {}
}

/** The names of the global guards after as many modules as there are mounts were configured, each twice. */
const guardsOf = (classes: (new () => object)[], mounts: object[] = [{}]): string[] => {
  const modules = new ModulesContainer();
  const controllers = new Map(classes.map((metatype) => [metatype, { metatype }]));
  modules.set('one', { controllers, providers: new Map() } as never);
  const config = new ApplicationConfig();
  const first = { canActivate: () => true };
  config.addGlobalGuard(first);
  const guards = new FirstGuards(modules, config);
  for (const mount of [...mounts, ...mounts]) guards.add(Object.assign(mount, { requests: {} }) as never);
  return config.getGlobalGuards().map((one) => (one === first ? 'first' : one.constructor.name));
};

describe('FirstGuards', () => {
  it('adds no guard where no handler needs one', () => {
    expect(guardsOf([Plain])).toEqual(['first']);
  });

  it('adds the guard of passive handlers once, before all others, for a handler, a class, or both', () => {
    expect(guardsOf([Quiet])).toEqual(['ActivityGuard', 'first']);
    expect(guardsOf([QuietClass, Quiet], [{}, {}])).toEqual(['ActivityGuard', 'first']);
  });

  it('adds the guard of event streams once for each session', () => {
    expect(guardsOf([Streams])).toEqual(['EventStreamGuard', 'first']);
    expect(guardsOf([Streams, Plain], [{}, {}])).toEqual(['EventStreamGuard', 'EventStreamGuard', 'first']);
  });

  it('adds the guard of subscriptions once for each session', () => {
    expect(guardsOf([News])).toEqual(['OperationGuard', 'first']);
    expect(guardsOf([News, Streams], [{}, {}])).toEqual([
      'EventStreamGuard',
      'OperationGuard',
      'EventStreamGuard',
      'OperationGuard',
      'first',
    ]);
  });

  it('sets the activity of a request before its stream begins', () => {
    expect(guardsOf([Streams, Quiet])).toEqual(['ActivityGuard', 'EventStreamGuard', 'first']);
  });
});
