import type { ServerResponse } from 'node:http';
import { sessionMiddleware, type SessionErrorCode, type UserSession } from 'nest-session/http';
import { type SessionId, sessionKey } from '../../lib/core/session-id.js';
import { Browser } from '../support/browser.js';
import { CountingStore } from '../support/counting-store.js';
import { listen, type RunningServer, type SessionRequest } from '../support/http-server.js';
import { SECRET } from '../support/secret.js';

/** Numbers from 0 up to 1 that are the same in each run (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What one request did with its session. */
class Trace {
  readonly operations: string[] = [];
  /** Ids that `regenerate()` has given up. */
  readonly givenUp: SessionId[] = [];
  /** The session that `destroy()` has ended, unless another one began in this request. */
  destroyed: SessionId | null = null;
  released = false;
  /** What the session holds at the end of the request; `null` where it has none. */
  final: object | null = null;
}

interface Step {
  readonly req: SessionRequest;
  /** Held as a controller holds it, also after `req.session = null`. */
  readonly session: UserSession;
  readonly trace: Trace;
  readonly number: number;
}

async function regenerate({ session, trace }: Step, keep: string[] | 'all'): Promise<void> {
  const before = session.id as SessionId;
  await session.regenerate({ keep });
  trace.givenUp.push(before);
  trace.destroyed = null;
}

const OPERATIONS: Record<string, (step: Step) => unknown> = {
  set: ({ session, number }) => (session['a'] = number),
  setNested: ({ session, number }) => (session['nested'] = { deep: [number] }),
  remove: ({ session }) => delete session['a'],
  update: ({ session }) => session.update<number>('count', (count = 0) => count + 1),
  touch: ({ session }) => session.touch(),
  cookie: ({ session, number }) => (session.cookie.maxAge = 100_000 + number),
  save: ({ session }) => session.save(),
  reload: ({ session }) => session.reload(),
  regenerate: (step) => regenerate(step, []),
  regenerateSome: (step) => regenerate(step, ['count']),
  regenerateAll: (step) => regenerate(step, 'all'),
  destroy: async ({ session, trace }) => {
    const { id } = session;
    await session.destroy();
    trace.destroyed = id as SessionId;
  },
  null: ({ req, trace }) => {
    (req as { session: unknown }).session = null;
    trace.released = true;
  },
  delete: ({ req, trace }) => {
    delete (req as { session?: unknown }).session;
    trace.released = true;
  },
  unstorable: ({ session }) => (session['a'] = 1n),
};
const NAMES = Object.keys(OPERATIONS);

/** What an operation may fail with, and the application catches. */
const EXPECTED: readonly SessionErrorCode[] = [
  'ERR_SESSION_STORE',
  'ERR_SESSION_GONE',
  'ERR_SESSION_VALUE',
  'ERR_SESSION_NAME',
];

const SEQUENCES = 150;
const REQUESTS = 4;
const SEED = 20_261_127;

describe.each(['keep', 'destroy'] as const)('random sequences of operations, with unset %s', (unset) => {
  let running: RunningServer;
  let store: CountingStore;
  let trace: Trace;
  let random: () => number;

  beforeEach(async () => {
    store = new CountingStore();
    const middleware = sessionMiddleware({ secret: SECRET, store, unset });
    running = await listen((req, res) => {
      middleware(req, res, (error) => {
        if (error === undefined) void handle(req as SessionRequest, res);
        else res.writeHead(500).end();
      });
    });
  });
  afterEach(async () => {
    await running.close();
  });

  const handle = async (req: SessionRequest, res: ServerResponse): Promise<void> => {
    const { session } = req;
    const length = Math.floor(random() * 6);
    for (let number = 0; number < length; number++) {
      const name = NAMES[Math.floor(random() * NAMES.length)]!;
      trace.operations.push(name);
      try {
        await OPERATIONS[name]!({ req, session, trace, number });
      } catch (error) {
        expect(EXPECTED).toContain((error as { code?: unknown }).code);
        trace.operations.push('(failed)');
      }
    }
    trace.final = req.session === undefined ? null : { ...req.session };
    res.end('done');
  };

  /** One call of this request's calls fails, or none. */
  const failOnce = (): void => {
    const at = random() < 0.3 ? Math.floor(random() * 5) : -1;
    let [made, failed] = [0, false];
    store.beforeWrite = async () => {
      if (made++ !== at || failed) return;
      failed = true;
      trace.operations.push('(store fails)');
      throw new Error('down');
    };
  };

  const holds = async (id: SessionId): Promise<boolean> => (await store.inner.load(sessionKey(id))) !== null;

  it('leave no replaced id valid, and lose no change of a successful response (S-9, S-43)', async () => {
    random = randomOf(SEED);
    const seen = { givenUp: 0, destroyed: 0, released: 0, kept: 0, failed: 0 };
    for (let sequence = 0; sequence < SEQUENCES; sequence++) {
      const browser = new Browser(running.url);
      const traces: Trace[] = [];
      for (let request = 0; request < REQUESTS; request++) {
        traces.push((trace = new Trace()));
        failOnce();
        const { status } = await browser.fetch('/');
        store.beforeWrite = async () => undefined;
        const { givenUp, destroyed, released, final } = trace;
        const story = JSON.stringify(traces.map(({ operations }) => operations));
        const alive = await Promise.all(givenUp.map(holds));
        expect({ story, status, alive }).toEqual({
          story,
          status: expect.any(Number) as number,
          alive: givenUp.map(() => false),
        });
        seen.givenUp += givenUp.length;
        if (destroyed !== null) {
          expect({ story, alive: await holds(destroyed) }).toEqual({ story, alive: false });
          seen.destroyed++;
        }
        if (status !== 200) {
          seen.failed++;
          continue;
        }
        if (released) seen.released++;
        if (final === null || released) continue;
        // The next request of this browser sees what this one left.
        trace = new Trace();
        const before = random;
        random = () => 0;
        await browser.fetch('/');
        random = before;
        expect({ story, found: trace.final }).toEqual({ story, found: final });
        seen.kept++;
      }
    }
    // Jest fails this test for a rejection or an error that nobody handles.
    // Each kind of end was met often enough to say something.
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(20);
  });
});
