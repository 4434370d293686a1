import type { IncomingMessage } from 'node:http';
import type { EngineOptions } from '../core/session/request-context.js';
import type { EventSink } from '../core/session-event.js';
import { checkedSessionId, newSessionId } from '../core/session-id.js';
import type { ResolvedSessionOptions } from './resolved-session-options.js';

/** The options of the engine that serves the sessions of one name. */
export function engineOptions(
  options: ResolvedSessionOptions,
  sessionName: string,
  sink: EventSink,
): EngineOptions {
  const { genid, store, storeTimeoutMs, clock, principalOf, deviceOf, limit } = options;
  return {
    store,
    storeTimeoutMs,
    onEvent: (event) => sink.emit(event),
    lifetimes: options,
    policy: options,
    clock,
    newId: genid === null ? newSessionId : (req) => checkedSessionId(genid(req as IncomingMessage)),
    features: {
      realm: sessionName,
      sink,
      principalOf,
      deviceOf: deviceOf && ((req) => deviceOf(req as IncomingMessage)),
      limit,
    },
  };
}
