import { type IncomingMessage, ServerResponse } from 'node:http';

/** An output method of a response, held back with the arguments that it was called with. */
export interface HeldCall {
  readonly method: 'writeHead' | 'write' | 'end' | 'flushHeaders';
  readonly args: readonly unknown[];
}

const HEADER_METHODS = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader'] as const;

/** Where Node keeps the head that it has made: what stands there makes all of it say that the head is out. */
interface NodeResponse extends ServerResponse {
  _header: string | null;
}

/** Who goes past the gate sends this: an answer that is none, rather than bytes that are no HTTP. */
const HELD = 'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/**
 * Makes a response whose head is held back look as if it were out: `headersSent` is `true`, headers can no longer be
 * changed, the status is fixed. Frameworks that read `headersSent` before they send then do not send twice.
 *
 * `writableEnded`, `writableFinished` and `finished` stay `false`, also when the end is held: serverless libraries take
 * the response for complete as soon as one of them is `true`, and wait for `finish` otherwise.
 */
export class HeldHead {
  readonly #res: ServerResponse;
  readonly #status: number;
  readonly #message: string | undefined;
  /** How the response was made to look so; not at all, where its head really is out. */
  readonly #by: 'mark' | 'shadows' | null;
  /** What the mark replaced: `null`, or the empty text that serverless-http puts there. */
  readonly #former: string | null = null;
  /** What the shadows covered: a wrapper of the response may have methods of its own there. */
  readonly #covered: OwnProperties | null = null;

  constructor(res: ServerResponse) {
    this.#res = res;
    this.#status = res.statusCode;
    // HTTP/2 has no reason phrase and warns when asked for one.
    this.#message = Object.hasOwn(res, 'statusMessage') ? res.statusMessage : undefined;
    this.#by = res.headersSent ? null : CAN_BE_MARKED && res instanceof ServerResponse ? 'mark' : 'shadows';
    if (this.#by === 'mark') {
      this.#former = (res as NodeResponse)._header;
      (res as NodeResponse)._header = HELD;
    }
    if (this.#by !== 'shadows') return;
    this.#covered = new Map();
    cover(res, this.#covered, 'headersSent', { get: () => true });
    for (const method of HEADER_METHODS)
      cover(res, this.#covered, method, { value: refuseHeader, writable: true });
  }

  /** Shows the response as it is again, with the status that was fixed. */
  release(): void {
    if (this.#by === 'mark') (this.#res as NodeResponse)._header = this.#former;
    if (this.#covered !== null) uncover(this.#res, this.#covered);
    this.#res.statusCode = this.#status;
    if (this.#message !== undefined) this.#res.statusMessage = this.#message;
  }
}

/** Whether this version of Node keeps the head there. */
const CAN_BE_MARKED = canBeMarked();

function canBeMarked(): boolean {
  const res = new ServerResponse({ method: 'GET' } as IncomingMessage) as NodeResponse;
  if (!Object.hasOwn(res, '_header') || res._header !== null || res.headersSent) return false;
  res._header = HELD;
  const changes = [
    () => res.setHeader('a', 'b'),
    () => res.setHeaders(new Map([['a', 'b']])),
    () => res.appendHeader('a', 'b'),
    () => res.removeHeader('a'),
  ];
  return res.headersSent && changes.every(isRefused);
}

function isRefused(change: () => unknown): boolean {
  try {
    change();
    return false;
  } catch (error) {
    return (error as { code?: unknown }).code === 'ERR_HTTP_HEADERS_SENT';
  }
}

/** Own properties of a response by name; `undefined` where it had none of its own. */
type OwnProperties = Map<string, PropertyDescriptor | undefined>;

/** Puts an own property in the place of another, which {@link uncover} restores. */
function cover(res: ServerResponse, former: OwnProperties, name: string, property: PropertyDescriptor): void {
  former.set(name, Object.getOwnPropertyDescriptor(res, name));
  Object.defineProperty(res, name, { ...property, configurable: true });
}

function uncover(res: ServerResponse, former: OwnProperties): void {
  for (const [name, property] of former) {
    if (property === undefined) Reflect.deleteProperty(res, name);
    else Object.defineProperty(res, name, property);
  }
}

function refuseHeader(): never {
  throw Object.assign(new Error('Cannot change headers after they are sent to the client'), {
    code: 'ERR_HTTP_HEADERS_SENT',
  });
}

type Listener = (...args: unknown[]) => void;

const LISTEN = ['on', 'once', 'addListener', 'prependListener', 'prependOnceListener'] as const;
const FORGET = ['off', 'removeListener'] as const;

/**
 * Collects the `drain` listeners that are added while writes are held back, and sets `writableNeedDrain`. A wrapper of
 * the response may move such listeners to its own stream, as compression does, which emits no `drain` for a held write.
 */
export class HeldDrain {
  readonly #res: ServerResponse;
  readonly #waiting: { readonly method: (typeof LISTEN)[number]; readonly listener: Listener }[] = [];
  readonly #former: OwnProperties = new Map();

  constructor(res: ServerResponse) {
    this.#res = res;
    cover(res, this.#former, 'writableNeedDrain', { get: () => true });
    for (const method of LISTEN)
      this.#replace(method, (listener) => void this.#waiting.push({ method, listener }));
    for (const method of FORGET) {
      this.#replace(method, (listener) => {
        const at = this.#waiting.findIndex((one) => one.listener === listener);
        if (at !== -1) this.#waiting.splice(at, 1);
      });
    }
  }

  /** Adds the listeners to the response. With `drained` the response emits no `drain` for the held writes: it is emitted here. */
  release(drained: boolean): void {
    uncover(this.#res, this.#former);
    if (drained) this.#res.emit('drain');
    // All before the first is called: a listener may remove itself, or another.
    for (const { method, listener } of this.#waiting)
      if (!drained || !method.toLowerCase().includes('once')) this.#res[method]('drain', listener);
    if (drained) for (const { listener } of this.#waiting) listener.call(this.#res);
  }

  #replace(name: (typeof LISTEN | typeof FORGET)[number], handle: (listener: Listener) => void): void {
    const { [name]: inherited } = this.#res;
    const replaced = (event: string | symbol, listener: Listener): ServerResponse => {
      if (event === 'drain') handle(listener);
      if (event !== 'drain' || name === 'off' || name === 'removeListener')
        inherited.call(this.#res, event, listener);
      return this.#res;
    };
    cover(this.#res, this.#former, name, { value: replaced, writable: true });
  }
}
