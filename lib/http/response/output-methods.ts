import type { ServerResponse } from 'node:http';

/** A method that sends a part of a response. */
export type OutputMethod = 'writeHead' | 'write' | 'end' | 'flushHeaders';

/** The output methods of a response. */
export type Outputs = Record<OutputMethod, (this: ServerResponse, ...args: readonly unknown[]) => unknown>;

/** Property of a response that holds its gate. It is faster than a weak map, and cheaper to collect. */
export const GATE = Symbol('nest-session.gate');

/** A response that may have a gate. */
export interface GatedResponse extends ServerResponse {
  [GATE]?: { output(method: OutputMethod, args: readonly unknown[]): unknown } | undefined;
}

/** The output methods of all responses with a gate: no function is created per response. */
export const GATED_OUTPUTS: Outputs = {
  writeHead(this: GatedResponse, ...args) {
    return this[GATE]!.output('writeHead', args);
  },
  write(this: GatedResponse, ...args) {
    return this[GATE]!.output('write', args);
  },
  end(this: GatedResponse, ...args) {
    return this[GATE]!.output('end', args);
  },
  flushHeaders(this: GatedResponse, ...args) {
    return this[GATE]!.output('flushHeaders', args);
  },
};
