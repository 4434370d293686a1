import type { ServerResponse } from 'node:http';
import type { HeldCall } from './held-response.js';

/** The output methods of a response. */
export type Outputs = Record<
  HeldCall['method'],
  (this: ServerResponse, ...args: readonly unknown[]) => unknown
>;

const HOLDER = Symbol('nest-session.holder');

/** Methods that do what the response would do without them, whatever prototype it is given later. */
const INHERITED: Outputs = {
  writeHead(...args) {
    return inheritedBy(this).writeHead.apply(this, args as unknown[]);
  },
  write(...args) {
    return inheritedBy(this).write.apply(this, args as unknown[]);
  },
  end(...args) {
    return inheritedBy(this).end.apply(this, args as unknown[]);
  },
  flushHeaders(...args) {
    return inheritedBy(this).flushHeaders.apply(this, args as unknown[]);
  },
};

/** Gives a response output methods of its own that make no difference. */
export function reserveOutputs(res: ServerResponse): void {
  Object.assign(res, INHERITED, { [HOLDER]: true });
}

/** The output methods of a response as they are now. */
export function outputsOf(res: ServerResponse): Outputs {
  const own = res as unknown as Outputs;
  const inherited = Object.getPrototypeOf(res) as Outputs;
  return {
    writeHead: own.writeHead === INHERITED.writeHead ? inherited.writeHead : own.writeHead,
    write: own.write === INHERITED.write ? inherited.write : own.write,
    end: own.end === INHERITED.end ? inherited.end : own.end,
    flushHeaders: own.flushHeaders === INHERITED.flushHeaders ? inherited.flushHeaders : own.flushHeaders,
  };
}

/** What those are called on may have the response as its prototype. */
function inheritedBy(res: object): Outputs {
  let holder = res;
  while (!Object.hasOwn(holder, HOLDER)) holder = Object.getPrototypeOf(holder) as object;
  return Object.getPrototypeOf(holder) as Outputs;
}
