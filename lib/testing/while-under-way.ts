import type { Awaitable } from '../core/util/awaitable.js';
import { nextTurn } from '../core/util/clock.js';
import { times } from './contract-records.js';

const WATCHERS = 4;
/** Checks per turn of the event loop. A store without a server makes progress only between turns. */
const CHECKS_PER_TURN = 4;

/**
 * Calls the `checks` in turn, in concurrent loops, from before `work` starts until it has settled. Resolves
 * with the result of `work`. Each loop starts with another check: loops in step with the work would all miss
 * the same moments.
 */
export async function whileUnderWay<T>(
  work: () => Awaitable<T>,
  checks: readonly (() => Promise<void>)[],
): Promise<T> {
  let isDone = false;
  const watch = async (first: number): Promise<void> => {
    for (let n = first; !isDone; n++) {
      await checks[n % checks.length]!();
      if (n % CHECKS_PER_TURN === 0) await aTurn();
    }
  };
  const run = async (): Promise<T> => {
    try {
      await aTurn();
      return await work();
    } finally {
      isDone = true;
    }
  };
  const [result] = await Promise.all([run(), ...times(WATCHERS, watch)]);
  return result;
}

const aTurn = (): Promise<void> => new Promise((resolve) => nextTurn(resolve));
