import type { Awaitable } from '../core/util/awaitable.js';
import { nextTurn } from '../core/util/clock.js';
import { times } from './contract-records.js';

const WATCHERS = 4;
/** Looks in one turn of the event loop: a store that answers without a server gets on only between turns. */
const LOOKS_IN_A_TURN = 4;

/**
 * Calls the `looks` in turn, in some concurrent loops, from before `work` begins until it has settled. Resolves with the
 * result of `work`. Each loop begins with another look: in step with the work, all of them would miss the same moments.
 */
export async function whileUnderWay<T>(
  work: () => Awaitable<T>,
  looks: readonly (() => Promise<void>)[],
): Promise<T> {
  let isDone = false;
  const watch = async (first: number): Promise<void> => {
    for (let n = first; !isDone; n++) {
      await looks[n % looks.length]!();
      if (n % LOOKS_IN_A_TURN === 0) await aTurn();
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
