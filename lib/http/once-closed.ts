import type { IncomingMessage, ServerResponse } from 'node:http';
import { isGone } from './response/raw-response.js';
import { isNodeResponse } from './response/ungated-response.js';

/** Runs a step when the response, or its connection, has closed. Does nothing if neither emits events. */
export function onceClosed({ socket }: IncomingMessage, res: ServerResponse, step: () => void): void {
  // A response that has closed emits no further event.
  if (isNodeResponse(res) && isGone(res)) return void setImmediate(step);
  const emitters = [res, socket] as Partial<ServerResponse | null>[];
  emitters.find((one) => typeof one?.once === 'function')?.once?.('close', step);
}
