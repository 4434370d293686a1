import type { ServerResponse } from 'node:http';
import { GATE, type Outputs } from '../response/output-methods.js';

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

/** Prepares a response for the gate that may come: until then its own output methods do what it inherits. */
export function reserveOutputs(res: ServerResponse): void {
  const own = res as unknown as Outputs & { [GATE]: undefined };
  own[GATE] = undefined;
  // One by one: all at once is slower.
  own.writeHead = INHERITED.writeHead;
  own.write = INHERITED.write;
  own.end = INHERITED.end;
  own.flushHeaders = INHERITED.flushHeaders;
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

/** What those are called on may have the response as its prototype, and a place of its own. */
function inheritedBy(res: object): Outputs {
  let holder = res;
  while (!Object.hasOwn(holder, GATE)) holder = Object.getPrototypeOf(holder) as object;
  while (Object.hasOwn(holder, GATE)) holder = Object.getPrototypeOf(holder) as object;
  return holder as Outputs;
}
