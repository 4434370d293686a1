import { clearTimeout } from 'node:timers';

const LIMIT_MS = 5000;

/** Calls a method of a store, and hears its first answer. */
export function askStore(store, method, ...args) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${method} does not answer`)), LIMIT_MS);
    const answer = (error, result) => {
      clearTimeout(late);
      if (error) reject(error);
      else resolve(result);
    };
    store[method](...args, answer);
  });
}

/** Whether a store has no such session, in either of the two ways to say so. */
export async function isMissing(store, id) {
  try {
    return !(await askStore(store, 'get', id));
  } catch (error) {
    if (error?.code === 'ENOENT') return true;
    throw error;
  }
}
