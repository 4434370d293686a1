import type { ServerResponse } from 'node:http';
import type { HeldCall } from './held-response.js';
import { checkChunk, checkReason, checkStatus } from './write-head.js';

/** Waits for all, and fails with the first that failed. */
export async function allSettled(steps: readonly unknown[]): Promise<void> {
  for (const result of await Promise.allSettled(steps)) if (result.status === 'rejected') throw result.reason;
}

/** Refuses, at once and as Node does, an output that Node would refuse. Once the head is fixed, its status counts no more. */
export function check({ method, args }: HeldCall, res: ServerResponse, isHeadFixed: boolean): void {
  if (!isHeadFixed) {
    checkStatus(res.statusCode);
    if (Object.hasOwn(res, 'statusMessage')) checkReason(res.statusMessage);
  }
  if (method !== 'flushHeaders') checkChunk(args[0], method);
}

/** A promise that adopts what was thrown, whatever it was. */
export async function rejected(error: unknown): Promise<never> {
  throw error;
}

/** What a step threw, in a box; `null` where it threw nothing. */
export function attemptSync(step: () => void): { readonly error: unknown } | null {
  try {
    step();
    return null;
  } catch (error) {
    return { error };
  }
}

/** What Node gives to the callback of such a write. */
export function writeAfterEnd(): Error {
  return Object.assign(new Error('write after end'), { code: 'ERR_STREAM_WRITE_AFTER_END' });
}

/** Those who wait to hear of an output that was dropped are told. */
export function callBack({ method, args }: HeldCall, error: unknown): void {
  const callback = args.find((arg) => typeof arg === 'function') as ((error?: unknown) => void) | undefined;
  if (callback === undefined || method === 'writeHead') return;
  process.nextTick(() => (error === null ? callback() : callback(error)));
}
