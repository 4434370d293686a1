import type { ServerResponse } from 'node:http';
import { markHead } from './head-mark.js';

/**
 * Makes the head of a response look sent: `headersSent` is `true`, headers cannot be changed, and the status
 * of this moment is restored later. Frameworks that read `headersSent` then do not respond twice.
 *
 * `writableEnded`, `writableFinished` and `finished` stay `false`, also when the end is held. Serverless
 * libraries take the response for complete as soon as one of them is `true`, and wait for `finish` otherwise.
 */
export class HeldHead {
  readonly #res: ServerResponse;
  readonly #status: number;
  readonly #message: string | undefined;
  /** `null` where the head was sent before. */
  readonly #restore: (() => void) | null;

  constructor(res: ServerResponse) {
    this.#res = res;
    this.#status = res.statusCode;
    // HTTP/2 has no reason phrase and warns when it is read.
    this.#message = Object.hasOwn(res, 'statusMessage') ? res.statusMessage : undefined;
    this.#restore = res.headersSent ? null : (markHead(res) ?? coverHead(res));
  }

  /** Shows the response as it is, with the status that it had when the head was held. */
  release(): void {
    this.#restore?.();
    this.#res.statusCode = this.#status;
    if (this.#message !== undefined) this.#res.statusMessage = this.#message;
  }
}

/** As `markHead`, for any response. */
function coverHead(res: ServerResponse): () => void {
  const properties = new OwnProperties(res);
  properties.define('headersSent', { get: () => true });
  for (const method of ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader'])
    properties.define(method, { value: refuseHeader, writable: true });
  return () => properties.restore();
}

function refuseHeader(): never {
  throw headersSent('change headers');
}

/** The error that Node throws for a head or a header that comes too late. */
export function headersSent(action: 'change headers' | 'write headers'): Error {
  const error = new Error(`Cannot ${action} after they are sent to the client`);
  return Object.assign(error, { code: 'ERR_HTTP_HEADERS_SENT' });
}

type Listener = (...args: unknown[]) => void;

const ADD = ['on', 'once', 'addListener', 'prependListener', 'prependOnceListener'] as const;
const REMOVE = ['off', 'removeListener'] as const;

/**
 * Collects the `drain` listeners that are added while writes are held, and sets `writableNeedDrain`. A
 * wrapper of the response, such as compression, may move such listeners to its own stream, which emits no
 * `drain` for a held write.
 */
export class HeldDrain {
  readonly #res: ServerResponse;
  readonly #waiting: { readonly method: (typeof ADD)[number]; readonly listener: Listener }[] = [];
  readonly #properties: OwnProperties;

  constructor(res: ServerResponse) {
    this.#res = res;
    this.#properties = new OwnProperties(res);
    this.#properties.define('writableNeedDrain', { get: () => true });
    for (const method of ADD)
      this.#replace(method, (listener) => void this.#waiting.push({ method, listener }));
    for (const method of REMOVE) {
      this.#replace(method, (listener) => {
        const at = this.#waiting.findIndex((one) => one.listener === listener);
        if (at !== -1) this.#waiting.splice(at, 1);
      });
    }
  }

  /** Adds the listeners to the response. With `isDrained`, emits `drain` here: the response emits none. */
  release(isDrained: boolean): void {
    this.#properties.restore();
    if (isDrained) this.#res.emit('drain');
    // All are added before the first is called: a listener may remove itself, or another.
    for (const { method, listener } of this.#waiting)
      if (!isDrained || !method.toLowerCase().includes('once')) this.#res[method]('drain', listener);
    if (isDrained) for (const { listener } of this.#waiting) listener.call(this.#res);
  }

  #replace(name: (typeof ADD | typeof REMOVE)[number], handle: (listener: Listener) => void): void {
    const { [name]: inherited } = this.#res;
    const replaced = (event: string | symbol, listener: Listener): ServerResponse => {
      if (event === 'drain') handle(listener);
      if (event !== 'drain' || name === 'off' || name === 'removeListener')
        inherited.call(this.#res, event, listener);
      return this.#res;
    };
    this.#properties.define(name, { value: replaced, writable: true });
  }
}

/** Defines own properties of a response, and restores the former ones. */
class OwnProperties {
  readonly #res: ServerResponse;
  /** The former own properties by name; `undefined` where there was none. */
  readonly #former = new Map<string, PropertyDescriptor | undefined>();

  constructor(res: ServerResponse) {
    this.#res = res;
  }

  define(name: string, property: PropertyDescriptor): void {
    this.#former.set(name, Object.getOwnPropertyDescriptor(this.#res, name));
    Object.defineProperty(this.#res, name, { ...property, configurable: true });
  }

  restore(): void {
    for (const [name, property] of this.#former) {
      if (property === undefined) Reflect.deleteProperty(this.#res, name);
      else Object.defineProperty(this.#res, name, property);
    }
  }
}
