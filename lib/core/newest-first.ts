import type { FiledSession } from './session-store.js';

/** The sessions that are not over at an instant, those begun last first: the order of `listByPrincipal`. */
export function newestFirst(filed: readonly FiledSession[], at: number): FiledSession[] {
  return filed
    .filter(({ record }) => record.expiresAt > at)
    .sort((one, other) => other.record.createdAt - one.record.createdAt);
}
