import { jest } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import {
  getSession,
  sessionMiddleware,
  sessionRegistry,
  type SessionEvent,
  type SessionRegistry,
  type UserSession,
} from 'nest-session/http';
import { newSessionId } from '../../lib/core/session-id.js';
import { Browser } from '../support/browser.js';
import { FailingStore } from '../support/failing-store.js';
import { listen, type RunningServer, type SessionRequest } from '../support/http-server.js';
import { LeakDetector } from '../support/leak-detector.js';
import { pick, randomOf, REGISTRY_OPERATIONS, SESSION_OPERATIONS } from '../support/random-sign-ins.js';
import { OTHER_SECRET, SECRET } from '../support/secret.js';

const OPERATIONS = 10_000;
const PER_REQUEST = 12;
const PER_JOB = 4;
const BROWSERS = 12;
const SEED = 20_261_128;

describe('random logins, logouts and revocations of two session names on one store', () => {
  const detector = new LeakDetector();
  const store = new FailingStore();
  const seen = new Map<string, number>();
  const handles = ['unknown'];
  let registries: SessionRegistry[];
  let running: RunningServer;
  let operations = 0;

  const note = (name: string): void => void seen.set(name, (seen.get(name) ?? 0) + 1);

  const onEvent = (event: SessionEvent): void => {
    detector.check(`event ${event.type}`, event);
    note('reason' in event ? `${event.type} ${event.reason}` : event.type);
  };

  /** Runs an operation, and checks its result or its error. */
  const run = async (name: string, step: () => unknown): Promise<void> => {
    operations++;
    try {
      const result = await step();
      if (name === 'registry') detector.check('result', result);
      for (const { handle } of Array.isArray(result) ? (result as { handle?: string }[]) : [])
        if (handle !== undefined) handles[handles.length % 100] = handle;
    } catch (error) {
      note('error');
      detector.check('error', error);
    }
  };

  const handle = async (req: SessionRequest, res: ServerResponse): Promise<void> => {
    if (req.url === '/keep') {
      req.session['a'] = detector.data();
      return void res.end('done');
    }
    const random = randomOf(Number(req.url!.slice(1)));
    const name = random() < 0.6 ? 'default' : 'admin';
    const session = getSession(req, name)!;
    for (let n = 0; n < PER_REQUEST; n++)
      await run('session', () => pick(random, SESSION_OPERATIONS)({ req, session, random, detector }));
    res.end('done');
  };

  const respond = (res: ServerResponse, error: unknown): void => {
    detector.check('error of a response', error);
    res.writeHead(500).end();
  };

  beforeAll(async () => {
    const warn = (...args: unknown[]): void => detector.check('log', args);
    jest.spyOn(process, 'emitWarning').mockImplementation(warn);
    for (const method of ['log', 'warn', 'error'] as const)
      jest.spyOn(console, method).mockImplementation(warn);
    const genid = (): string => {
      const id = newSessionId();
      detector.addId(id);
      return id;
    };
    const shared = { secret: SECRET, store, onEvent, genid };
    const first = sessionMiddleware({ ...shared, unset: 'destroy', limit: { perPrincipal: 2 } });
    const principal = (session: UserSession): string => session['uid'] as string;
    const limit = { perPrincipal: 2, whenReached: 'reject' } as const;
    const named = { sessionName: 'admin', name: 'admin.sid', principal, limit } as const;
    const second = sessionMiddleware({ ...shared, ...named });
    registries = [
      sessionRegistry({ store, onEvent }),
      sessionRegistry({ store, onEvent, sessionName: 'admin' }),
    ];
    running = await listen((req, res) => {
      first(req, res, (failed) => {
        if (failed !== undefined) return respond(res, failed);
        second(req, res, (error) => {
          if (error !== undefined) return respond(res, error);
          void handle(req as SessionRequest, res);
        });
      });
    });
  });
  afterAll(async () => {
    await running.close();
    jest.restoreAllMocks();
  });

  /** A request whose cookies are forged, of a former session, or of two sessions. */
  const attack = async (seed: number, random: () => number, browsers: readonly Browser[]): Promise<void> => {
    const [one, two] = [pick(random, browsers), pick(random, browsers)];
    const values = [one, two].map(({ jar }) => jar.get('connect.sid') ?? 's%3Anone.none');
    const forged = `s%3A${pick(random, [...detector.ids])}.${OTHER_SECRET}`;
    const cookie = pick(random, [`${values[0]}; connect.sid=${values[1]}`, forged, pick(random, values)]);
    const response = await new Browser(running.url).fetch(`/${seed}`, {
      headers: { cookie: `connect.sid=${cookie}` },
    });
    detector.check('body', await response.text());
  };

  /** Cookies of two live sessions: whether {@link attack} has sent some depends on the order of responses. */
  const sendTwoLiveSessions = async (): Promise<void> => {
    const browsers = [new Browser(running.url), new Browser(running.url)];
    for (const browser of browsers) await browser.fetch('/keep');
    const cookie = browsers.map(({ jar }) => `connect.sid=${jar.get('connect.sid')}`).join('; ');
    await new Browser(running.url).fetch('/keep', { headers: { cookie } });
  };

  it(`no event, list, log or error of ${OPERATIONS} operations contains an id, a key or data`, async () => {
    const random = randomOf(SEED);
    detector.addId(newSessionId());
    const browsers = Array.from({ length: BROWSERS }, () => new Browser(running.url));
    const former = new Browser(running.url);
    for (let round = 0; operations < OPERATIONS; round++) {
      const isDown = round % 20 === 0;
      store.fate = () => (isDown || random() < 0.01 ? 'fails' : random() < 0.02 ? 'is corrupt' : 'works');
      const browser = pick(random, browsers);
      if (random() < 0.1) for (const [name, value] of browser.jar) former.jar.set(name, value);
      const requests = [browser, random() < 0.3 ? browser : pick(random, [former, ...browsers])];
      const bodies = requests.map(async (one, n) => (await one.fetch(`/${round * 3 + n}`)).text());
      for (const body of await Promise.all(bodies)) detector.check('body', body);
      await attack(round * 3 + 2, random, browsers);
      const registry = pick(random, registries);
      for (let n = 0; n < PER_JOB; n++)
        await run('registry', () =>
          pick(random, REGISTRY_OPERATIONS)({ registry, random, detector, handles }),
        );
    }
    // The store is reported as up by the first call that succeeds after a quiet minute.
    store.fate = () => 'works';
    const now = Date.now() + 120_000;
    jest.spyOn(Date, 'now').mockReturnValue(now);
    for (const browser of browsers) await browser.fetch('/0');
    await sendTwoLiveSessions();
    await new Promise((resolve) => setImmediate(resolve));
    expect(detector.leaks.slice(0, 3)).toEqual([]);
    expect(detector.checked).toBeGreaterThan(OPERATIONS / 2);
    expect([...seen.keys()].sort()).toEqual([
      'corrupt-record',
      'created',
      'error',
      'limit-reached',
      'login',
      'logout',
      'regenerated',
      'rejected bad-signature',
      'rejected duplicate-cookie',
      'rejected revoked',
      'rejected unknown-id',
      'revoked everything',
      'revoked limit',
      'revoked registry',
      'store-down',
      'store-up',
    ]);
  });
});
