import { Child } from '../lib/child.mjs';
import { progress } from '../lib/terminal.mjs';

const WORKER = new URL('worker.mjs', import.meta.url);

/** What cannot be left out: the pieces of which every session layer is made. */
export async function floor({ env }) {
  progress('floor: the pieces of a session layer');
  const child = new Child(WORKER, { env });
  try {
    return await child.ask('floor');
  } finally {
    await child.end();
  }
}
