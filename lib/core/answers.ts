import type { Answer } from './session-store.js';

/** What follows from an answer: at once where the answer is there at once. */
export function andThen<T, R>(answer: Answer<T>, next: (value: T) => Answer<R>): Answer<R> {
  return answer instanceof Promise ? answer.then(next) : next(answer);
}

/** Tells of a step that failed, whenever it fails, and lets it fail. */
export function orTell<T>(step: () => Answer<T>, tell: () => void): Answer<T> {
  const failed = (error: unknown): never => {
    tell();
    throw error;
  };
  try {
    const answer = step();
    return answer instanceof Promise ? answer.catch(failed) : answer;
  } catch (error) {
    return failed(error);
  }
}
