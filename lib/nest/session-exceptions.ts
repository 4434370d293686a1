import {
  InternalServerErrorException,
  ServiceUnavailableException,
  type HttpException,
  type Logger,
} from '@nestjs/common';
import { isStoreFailure, type SessionEvent } from '../core/errors.js';
import { withoutThrow } from '../http/call-listener.js';
import { describeEvent } from '../http/describe-event.js';
import { statusOf } from '../http/response/error-response.js';
import type { HandlerHooks } from '../http/handler-hooks.js';
import { answerAgain } from './fastify-bridge.js';

/**
 * Answers through the application's exception filters. The client is told no more than the status; the log gets the
 * fault with its cause.
 */
export function answerWithException(logger: Logger): HandlerHooks['answer'] {
  return (error, { stage, req, next }) => {
    // An outage is told once, by its event, and not by each request that meets it.
    const line =
      stage === 'open'
        ? 'A session could not be loaded.'
        : 'A session could not be saved; its response was taken back.';
    if (!isStoreFailure(error)) withoutThrow(() => logger.error(line, error));
    const exception = toException(error);
    const again = stage === 'commit' ? answerAgain(req, exception.getStatus(), exception) : null;
    if (again !== null) return again;
    next(exception);
    return true;
  };
}

function toException(cause: unknown): HttpException {
  return statusOf(cause) === 503
    ? new ServiceUnavailableException(undefined, { cause })
    : new InternalServerErrorException(undefined, { cause });
}

/** Writes events to the application's log: an outage with its cause. */
export function logEvents(logger: Logger): (event: SessionEvent) => void {
  return (event) => {
    const line = describeEvent(event);
    if (event.type === 'store-down' || event.type === 'sweep-failed') logger.error(line, event.error);
    else if (event.type === 'store-up') logger.log(line);
    else logger.warn(line);
  };
}
