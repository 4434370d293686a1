import { SessionError } from '../core/session-error.js';

/** 503 where trying again can help: the store is out of reach, or the session is in great demand. Else the fault is ours. */
export function statusOf(error: unknown): 500 | 503 {
  const passing =
    error instanceof SessionError &&
    (error.code === 'ERR_SESSION_STORE' || error.code === 'ERR_SESSION_CONFLICT');
  return passing ? 503 : 500;
}
