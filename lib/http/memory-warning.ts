import type { SessionStore, StartWarning } from '../core/session-store.js';
import { MemorySessionStore } from '../stores/memory/memory-session-store.js';

/** The warning of a store at startup: its own, or that of a memory store in production. `null` when there is none. */
export function memoryWarning(store: SessionStore & Partial<StartWarning>): string | null {
  if (typeof store.startWarning === 'string') return store.startWarning;
  if (process.env['NODE_ENV'] !== 'production' || !(store instanceof MemorySessionStore)) return null;
  return (
    'Sessions are kept in the memory of this process: they end with it, and no other process sees them. ' +
    'Give the option store a store that lasts, such as LmdbSessionStore from nest-session/lmdb.'
  );
}
