import type { IncomingMessage } from 'node:http';
import { CredentialStamps } from '../core/session/credential-stamp.js';
import type { EngineOptions } from '../core/session/request-context.js';
import type { EventSink, SessionEvent } from '../core/session-event.js';
import { checkedSessionId, newSessionId } from '../core/session-id.js';
import type { ResolvedSessionOptions } from './resolved-session-options.js';

/** The options of the engine that serves the sessions of one name. */
export function engineOptions(
  options: ResolvedSessionOptions,
  sessionName: string,
  sink: EventSink,
): EngineOptions {
  const { genid, store, storeTimeoutMs, clock, principalOf, deviceOf, limit, stampSource } = options;
  const onEvent = (event: SessionEvent): void => sink.emit(event);
  const stampParts = { limitMs: storeTimeoutMs, clock, onEvent };
  return {
    store,
    storeTimeoutMs,
    onEvent,
    lifetimes: options,
    policy: options,
    clock,
    newId: genid === null ? newSessionId : (req) => checkedSessionId(genid(req as IncomingMessage)),
    features: {
      realm: sessionName,
      sink,
      principalOf,
      stamps: stampSource && new CredentialStamps({ ...stampSource, ...stampParts }),
      deviceOf: deviceOf && ((req) => deviceOf(req as IncomingMessage)),
      limit,
    },
  };
}
