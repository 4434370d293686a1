import type { IncomingMessage } from 'node:http';
import { OF_THE_ANSWER } from '../http/taken-back-answer.js';

/** What is used of a Fastify instance, described by its shape: Fastify is no dependency. */
interface FastifyLike {
  hasRequestDecorator(name: string): boolean;
  decorateRequest(
    name: string,
    property: { getter(this: RequestLike): unknown; setter(this: RequestLike, value: unknown): void },
  ): unknown;
  addHook(
    name: 'onRequest',
    hook: (request: RequestLike, reply: ReplyLike, done: () => void) => void,
  ): unknown;
}

interface RequestLike {
  readonly raw: IncomingMessage & { [name in (typeof SHOWN)[number]]?: unknown } & { [REPLY]?: ReplyLike };
}

interface ReplyLike {
  readonly sent: boolean;
  getHeaders(): Record<string, unknown>;
  removeHeader(name: string): unknown;
  code(status: number): unknown;
  send(payload: unknown): unknown;
}

/** What of the raw request is shown at Fastify's. */
const SHOWN = ['session', 'sessionID', 'sessionStore'] as const;

const REPLY = Symbol.for('nest-session.reply');
const BRIDGED = new WeakSet<object>();

/**
 * Shows the session of the raw request at Fastify's, so that Nest's own `@Session()` finds it, and remembers
 * each reply: the raw response cannot reach Fastify's error handler, and with it Nest's filters.
 */
export function bridgeFastify(instance: unknown): void {
  const fastify = instance as FastifyLike;
  if (BRIDGED.has(fastify)) return;
  BRIDGED.add(fastify);
  for (const name of SHOWN) {
    if (fastify.hasRequestDecorator(name)) continue;
    fastify.decorateRequest(name, {
      getter() {
        return this.raw[name];
      },
      setter(value) {
        this.raw[name] = value;
      },
    });
  }
  fastify.addHook('onRequest', (request, reply, done) => {
    request.raw[REPLY] = reply;
    done();
  });
}

/**
 * Answers a request of Fastify a second time, after its first answer was taken back. The middleware's `next` must not
 * be called for it: by now it serves another request.
 *
 * *Shape*: `null` where the request is not Fastify's; `false` where Fastify has let go of it (`reply.hijack()`).
 */
export function answerAgain(req: IncomingMessage, status: number, error: unknown): boolean | null {
  const reply = (req as RequestLike['raw'])[REPLY];
  if (reply === undefined) return null;
  if (reply.sent) return false;
  for (const name of Object.keys(reply.getHeaders())) {
    if (OF_THE_ANSWER.test(name)) reply.removeHeader(name);
  }
  reply.code(status);
  reply.send(error);
  return true;
}
