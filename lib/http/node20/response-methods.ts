import type { ServerResponse } from 'node:http';
import { GATE, type Outputs } from '../response/output-methods.js';

/** Output methods that call those of the prototype that the response has at that moment. */
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

/** Defines the properties that a gate needs on a response. Until there is a gate they have no effect. */
export function reserveOutputs(res: ServerResponse): void {
  const own = res as unknown as Outputs & { [GATE]: undefined };
  own[GATE] = undefined;
  // `Object.assign` is slower.
  own.writeHead = INHERITED.writeHead;
  own.write = INHERITED.write;
  own.end = INHERITED.end;
  own.flushHeaders = INHERITED.flushHeaders;
}

/** The output methods of a response, without those of {@link reserveOutputs}. */
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

/** The first prototype that is not reserved. `res` may have a response as its prototype. */
function inheritedBy(res: object): Outputs {
  let holder = res;
  while (!Object.hasOwn(holder, GATE)) holder = Object.getPrototypeOf(holder) as object;
  while (Object.hasOwn(holder, GATE)) holder = Object.getPrototypeOf(holder) as object;
  return holder as Outputs;
}
