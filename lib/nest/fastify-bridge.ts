import type { IncomingMessage, ServerResponse } from 'node:http';
import { ResponseGate } from '../http/response/response-gate.js';
import { CONTENT_HEADERS } from '../http/response/error-response.js';

/** The used part of a Fastify instance, described by its shape: Fastify is not a dependency. */
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
  readonly raw: IncomingMessage & { [name in (typeof FORWARDED)[number]]?: unknown } & {
    [REPLY]?: ReplyLike;
  };
}

interface ReplyLike {
  readonly raw: ServerResponse;
  readonly sent: boolean;
  getHeaders(): Record<string, unknown>;
  removeHeader(name: string): unknown;
  code(status: number): unknown;
  send(payload: unknown): unknown;
}

/** Properties of the raw request that Fastify's request forwards. */
const FORWARDED = ['session', 'sessionID', 'sessionStore'] as const;

const REPLY = Symbol.for('nest-session.reply');
const BRIDGED = new WeakSet<object>();
const OWN_REPLIES = Symbol('nest-session.replies');

/**
 * Defines the session of the raw request on Fastify's request, so that Nest's own `@Session()` finds it.
 * Stores each reply at its raw request: only the reply reaches Fastify's error handler, and with it Nest's
 * filters.
 */
export function bridgeFastify(instance: unknown): void {
  const fastify = instance as FastifyLike;
  if (BRIDGED.has(fastify)) return;
  BRIDGED.add(fastify);
  for (const name of FORWARDED) {
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
  // Gives the replies of this instance their own prototype, so that other instances do not change.
  fastify.decorateReply(OWN_REPLIES, { getter: () => true });
  let isSentPatched = false;
  fastify.addHook('onRequest', (request, reply, done) => {
    request.raw[REPLY] = reply;
    if (!isSentPatched) isSentPatched = patchSent(reply);
    done();
  });
}

/**
 * Makes `reply.sent` `true` while the gate holds the end of the response. Fastify reads `writableEnded` for
 * it, which stays `false` until the gate opens, because serverless libraries read it too. Without this,
 * Fastify would call the route handler after a hook that has called `reply.send()`.
 */
function patchSent(reply: ReplyLike): boolean {
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

/** The first object in a prototype chain that has the property itself. */
function holderOf(object: object, property: string | symbol): object | null {
  let holder: object | null = object;
  while (holder !== null && !Object.hasOwn(holder, property))
    holder = Object.getPrototypeOf(holder) as object | null;
  return holder;
}

/**
 * Sends a second response to a Fastify request, after the first one was discarded. The middleware's `next`
 * must not be called for it: Fastify may already use it for another request.
 *
 * *Shape*: `null` for a request that is not Fastify's; `false` where Fastify has handed over the reply
 * (`reply.hijack()`).
 */
export function respondAgain(req: IncomingMessage, status: number, error: unknown): boolean | null {
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
