import { Body, Controller, Get, Post } from '@nestjs/common';
import { GraphQLModule } from '@nestjs/graphql';
import { MemorySessionStore, minutes, SessionModule, type SessionKey } from 'nest-session';
import { startApp, type MakeAdapter, type RunningApp } from '../../support/adapters.js';
import { SECRET } from '../../support/secret.js';
import { LoginController, NewsResolver, topic } from './news.resolver.js';

/** What the test decides, over HTTP: the application may be another process. */
@Controller('test')
class TestController {
  static now = Date.now();
  static loads = 0;

  @Post('publish') publish(@Body() { text }: { text: string }) {
    topic.publish(text);
    return {};
  }
  /** Responds when as many subscriptions are open. */
  @Post('readers') async readers(@Body() { count }: { count: number }) {
    await topic.hasReaders(count);
    return {};
  }
  @Get('facts') facts() {
    return { readers: topic.readers, loads: TestController.loads };
  }
  @Post('advance') advance(@Body() { ms }: { ms: number }) {
    TestController.now += ms;
    return {};
  }
}

function countedStore(): MemorySessionStore {
  const store = new MemorySessionStore();
  const load = store.load.bind(store);
  store.load = (key: SessionKey, realm?: string) => {
    TestController.loads++;
    return load(key, realm) as never;
  };
  return store;
}

/** An application with subscriptions and two sessions. `checkEvery`: of the option. */
export function startNews(
  graphql: object,
  makeAdapter: MakeAdapter | (() => unknown),
  checkEvery: number,
): Promise<RunningApp> {
  return startApp(makeAdapter as MakeAdapter, {
    imports: [
      GraphQLModule.forRoot(graphql),
      SessionModule.forRoot({
        secret: SECRET,
        store: countedStore(),
        clock: { now: () => TestController.now },
        timeouts: { idle: minutes(10) },
        trustedOrigins: ['https://app.example.com'],
        checkEvery,
      }),
      SessionModule.forRoot({ secret: SECRET, sessionName: 'admin', name: 'admin.sid', checkEvery }),
    ],
    controllers: [LoginController, TestController],
    providers: [NewsResolver],
  });
}
