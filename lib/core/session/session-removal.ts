import { chain, type Awaitable } from '../util/awaitable.js';
import { reportEnded } from './session-events.js';
import type { SessionState } from './session-state.js';

/** Deletes the record. */
export function remove(state: SessionState): Awaitable<void> {
  const { stored, parts } = state;
  const removed = stored === null ? null : parts.store.delete(stored.key);
  return chain(removed, (result) => {
    if (result === 'deleted' && parts.features.sink.isOn) reportEnded(state);
    state.forgetRecord();
  });
}

/** Deletes the record of a session whose cookie could not be sent. */
export function removeCreated(state: SessionState): Awaitable<void> {
  return chain(state.parts.store.delete(state.stored!.key), () => state.lose());
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
  if (state.moving === null || state.stored === null) return;
  try {
    await state.parts.store.delete(state.stored.key);
  } catch {
    // The event of the store reports it.
  }
}
