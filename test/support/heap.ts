import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
/** Runs a garbage collection. */
export const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes in use on the heap after a garbage collection. */
export function usedHeap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
