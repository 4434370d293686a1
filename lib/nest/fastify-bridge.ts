import type { IncomingMessage, ServerResponse } from 'node:http';
import { ResponseGate } from '../http/response/response-gate.js';
import { CONTENT_HEADERS } from '../http/response/error-response.js';

/** What is used of a Fastify instance, described by its shape: Fastify is no dependency. */
interface FastifyLike {
  hasRequestDecorator(name: string): boolean;
  decorateRequest(
    name: string,
    property: { getter(this: RequestLike): unknown; setter(this: RequestLike, value: unknown): void },
  ): unknown;
  decorateReply(name: symbol, property: { getter(): unknown }): unknown;
  addHook(
    name: 'onRequest',
    hook: (request: RequestLike, reply: ReplyLike, done: () => void) => void,
  ): unknown;
}

interface RequestLike {
  readonly raw: IncomingMessage & { [name in (typeof SHOWN)[number]]?: unknown } & { [REPLY]?: ReplyLike };
}

interface ReplyLike {
  readonly raw: ServerResponse;
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
const OWN_REPLIES = Symbol('nest-session.replies');

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
  // Gives the replies of this instance a prototype of their own; that of all instances is not changed.
  fastify.decorateReply(OWN_REPLIES, { getter: () => true });
  let isSentPatched = false;
  fastify.addHook('onRequest', (request, reply, done) => {
    request.raw[REPLY] = reply;
    if (!isSentPatched) isSentPatched = showHeldEnd(reply);
    done();
  });
}

/**
 * Makes `reply.sent` `true` while the end of the response is held. Fastify reads `writableEnded` there, which stays
 * `false` for serverless libraries, and calls the route handler after a hook whose `reply.send()` counts as not sent.
 */
function showHeldEnd(reply: ReplyLike): boolean {
  const replies = holderOf(reply, OWN_REPLIES);
  const inherited = holderOf(reply, 'sent');
  if (replies === null || inherited === null) return false;
  const sent = Object.getOwnPropertyDescriptor(inherited, 'sent')!;
  Object.defineProperty(replies, 'sent', {
    ...sent,
    get(this: ReplyLike) {
      return ResponseGate.holdsEnd(this.raw) || Boolean(sent.get?.call(this));
    },
  });
  return true;
}

/** The prototype of an object that has a property. */
function holderOf(object: object, property: string | symbol): object | null {
  let holder: object | null = object;
  while (holder !== null && !Object.hasOwn(holder, property))
    holder = Object.getPrototypeOf(holder) as object | null;
  return holder;
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
    if (CONTENT_HEADERS.test(name)) reply.removeHeader(name);
  }
  reply.code(status);
  reply.send(error);
  return true;
}
