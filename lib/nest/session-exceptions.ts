import {
  InternalServerErrorException,
  ServiceUnavailableException,
  type HttpException,
  type Logger,
} from '@nestjs/common';
import { statusOf } from '../http/http-error.js';
import type { HandlerHooks } from '../http/session-handler.js';
import { answerAgain } from './fastify-bridge.js';

/**
 * Answers through the application's exception filters. The client is told no more than the status; the log gets the
 * fault with its cause.
 */
export function answerWithException(logger: Logger): HandlerHooks['answer'] {
  return (error, { stage, req, next }) => {
    logger.error(
      stage === 'open'
        ? 'A session could not be loaded.'
        : 'A session could not be saved; its answer was taken back.',
      error,
    );
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
