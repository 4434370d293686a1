import {
  HttpException,
  InternalServerErrorException,
  ServiceUnavailableException,
  type Logger,
} from '@nestjs/common';
import { isLimitError, isStoreFailure } from '../core/errors.js';
import type { SessionEvent } from '../core/session-event.js';
import { withoutThrow } from '../http/call-listener.js';
import { describeEvent, isLogged } from '../http/describe-event.js';
import { statusOf } from '../http/response/error-response.js';
import type { HandlerHooks } from '../http/handler-hooks.js';
import { respondAgain } from './fastify-bridge.js';

/**
 * Sends error responses through the application's exception filters. The client receives the status alone.
 * The log receives the error with its cause.
 */
export function respondWithException(logger: Logger): HandlerHooks['answer'] {
  return (error, { stage, req, next }) => {
    // Events report these: store-down once per outage, instead of each request, and limit-reached.
    const line =
      stage === 'open'
        ? 'A session could not be loaded.'
        : 'A session could not be saved. An error response replaces the response of the application.';
    if (!isStoreFailure(error) && !isLimitError(error)) withoutThrow(() => logger.error(line, error));
    const exception = toException(error);
    const isSent = stage === 'commit' ? respondAgain(req, exception.getStatus(), exception) : null;
    if (isSent !== null) return isSent;
    next(exception);
    return true;
  };
}

function toException(cause: unknown): HttpException {
  const status = statusOf(cause);
  if (status === 429) return new HttpException('Too Many Requests', status, { cause });
  return status === 503
    ? new ServiceUnavailableException(undefined, { cause })
    : new InternalServerErrorException(undefined, { cause });
}

/** Writes events to the application's log: failures of the store with their cause. */
export function logEvents(logger: Logger): (event: SessionEvent) => void {
  return (event) => {
    if (!isLogged(event)) return;
    const line = describeEvent(event);
    if (event.type === 'store-down' || event.type === 'sweep-failed') logger.error(line, event.error);
    else if (event.type === 'store-up') logger.log(line);
    else logger.warn(line);
  };
}
