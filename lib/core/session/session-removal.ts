import { chain, type Awaitable } from '../util/awaitable.js';
import { findMoved, isFollowed } from './moved-session.js';
import { reportEnded } from './session-events.js';
import type { SessionState } from './session-state.js';

/** Deletes the record. */
export function remove(state: SessionState): Awaitable<void> {
  const { stored, parts } = state;
  const removed = stored === null ? null : parts.store.delete(stored.key);
  return chain(removed, (result) => {
    if (result === 'missing' && isFollowed(state)) return removeMoved(state);
    if (result === 'deleted' && parts.features.sink.isOn) reportEnded(state);
    return state.forgetRecord();
  });
}

/** Deletes the record under the new id that another request has given to the session. */
async function removeMoved(state: SessionState): Promise<void> {
  if (await findMoved(state)) return remove(state);
  state.forgetRecord();
}

/** Deletes the record of a session whose cookie could not be sent. */
export function removeUndelivered(state: SessionState): Awaitable<void> {
  return chain(remove(state), () => state.lose());
}

/** Runs {@link endOldId} in order when the connection closes, once for each request. */
export function endOldIdOnceClosed(
  state: SessionState,
  inOrder: (step: () => Promise<void>) => Awaitable<void>,
): void {
  const { request, endsOldId } = state;
  if (endsOldId) return;
  state.endsOldId = true;
  request.whenClosed?.(async () => inOrder(() => endOldId(state)));
}

/** Deletes the record where a new id was requested and the record is not moved yet. */
export async function endOldId(state: SessionState): Promise<void> {
  const { moving, stored, parts } = state;
  if (moving === null || stored === null) return;
  try {
    const result = await parts.store.delete(stored.key);
    if (result === 'deleted' && parts.features.sink.isOn) reportEnded(state);
  } catch {
    // The event of the store reports it.
  }
}
