import { sessionHandle, sessionKey } from '../session-id.js';
import { scopeOf } from '../store/principal-scope.js';
import type { SessionRecord } from '../store/session-record.js';
import { chain, type Awaitable } from '../util/awaitable.js';
import type { CredentialStamps, PresentStamp } from './credential-stamp.js';
import { HANDLE, readHandle, STAMP } from './own-attributes.js';
import type { EngineParts, FoundSession } from './request-context.js';

/** What a check needs of its engine. */
type StampParts = Pick<EngineParts, 'store' | 'features' | 'clock'>;

/**
 * Compares the stamp of a session with the present one of its user. Returns the session, or `null` where the
 * credential has changed since its login, or the user exists no more: its record is deleted then. A session
 * from before the option is returned with the stamp that its next write stores.
 *
 * @throws SessionError as {@link CredentialStamps.ask}, immediately or by the promise.
 */
export function checkStamp(parts: StampParts, found: FoundSession): Awaitable<FoundSession | null> {
  const { stamps } = parts.features;
  const { principal } = found.record;
  if (stamps === null || principal === null) return found;
  const user = scopeOf(principal).principal;
  const before = stamps.calls;
  return chain(stamps.recent(user), (stamp) => {
    const admitted = admit(found, stamp);
    if (admitted !== null) return admitted;
    return checkAgain(parts, stamps, found, user, stamp.call > before ? stamp : null);
  });
}

/**
 * The stamps differ. The one that was kept may be older than that of the session: the call that `fresh` is
 * the result of has begun after the load, or is made now. And another request of the session may have
 * refreshed it.
 */
async function checkAgain(
  parts: StampParts,
  stamps: CredentialStamps,
  found: FoundSession,
  user: string,
  fresh: PresentStamp | null,
): Promise<FoundSession | null> {
  const present = fresh ?? (await stamps.ask(user));
  stamps.note(user, present);
  const record = await parts.store.look(found.key);
  if (record === null || record === 'revoked') return null;
  const admitted = admit({ ...found, record }, present);
  if (admitted === null) await end(parts, found, record, user);
  return admitted;
}

function admit(found: FoundSession, { text }: PresentStamp): FoundSession | null {
  if (text === null) return null;
  const stored = found.record.attributes.get(STAMP);
  if (stored === undefined) return { ...found, stamp: text };
  return stored === text ? found : null;
}

async function end(
  { store, features, clock }: StampParts,
  { candidate, key }: FoundSession,
  record: SessionRecord,
  principal: string,
): Promise<void> {
  try {
    if ((await store.delete(key)) !== 'deleted') return;
  } catch {
    // Every request refuses the record, and the event of the store reports the failure.
    return;
  }
  if (!features.sink.isOn) return;
  const handle = readHandle(record.attributes.get(HANDLE)) ?? sessionHandle(sessionKey(candidate.id));
  const about = { handle, principal, sessionName: features.realm, at: clock.now() };
  features.sink.emit({ type: 'revoked', reason: 'stamp', ...about });
}
