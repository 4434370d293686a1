import { Child } from '../lib/child.mjs';
import { progress } from '../lib/terminal.mjs';

const WORKER = new URL('worker.mjs', import.meta.url);

/** Measures the operations that every session layer needs. */
export async function floor({ env }) {
  progress('floor: basic operations of a session layer');
  const child = new Child(WORKER, { env });
  try {
    return await child.ask('floor');
  } finally {
    await child.end();
  }
}
