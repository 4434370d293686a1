import type { SessionStore } from '../core/session-store.js';
import { MemorySessionStore } from '../stores/memory/memory-session-store.js';

/** What to say of a memory store in production; `null` where there is nothing to say. */
export function memoryWarning(store: SessionStore): string | null {
  if (process.env['NODE_ENV'] !== 'production' || !(store instanceof MemorySessionStore)) return null;
  return (
    'Sessions are kept in the memory of this process: they end with it, and no other process sees them. ' +
    'Give the option store a store that lasts, such as LmdbSessionStore from nest-session/lmdb.'
  );
}
