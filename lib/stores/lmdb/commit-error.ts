import { nextTurn } from '../../core/next-turn.js';

/**
 * The error of a write. LMDB's own has its cause in a promise, which ends the process when nobody handles its rejection.
 */
export async function commitError(error: unknown, path: string): Promise<unknown> {
  const pending = (error as { readonly commitError?: unknown } | null)?.commitError;
  if (!(pending instanceof Promise)) return error;
  // It may be rejected much later, or never.
  const late = new Promise<unknown>((resolve) => nextTurn(() => resolve(error)));
  const cause: unknown = await Promise.race([late, pending.catch((fault: unknown) => fault)]);
  const reason = cause instanceof Error ? cause.message : 'unknown fault';
  return new Error(`LMDB stored nothing in ${path}: ${reason}. Its disk may be full or broken.`, { cause });
}
