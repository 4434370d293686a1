import type { SessionKey } from '../session-id.js';
import type { RequestContext } from './request-context.js';
import { handlesOf } from './session-identity.js';
import type { SessionState } from './session-state.js';

/** Finds the key of a session by its user and its handle; `null` if there is none. */
export type FindKey = (principal: string, handle: string) => Promise<SessionKey | null>;

const followers = new WeakMap<RequestContext, FindKey>();

/**
 * From now on the session of a connection, which outlives its request, is followed to the new id that another
 * request gives it, such as by a step-up. Its handle stays.
 */
export function followMoves(request: RequestContext, find: FindKey): void {
  followers.set(request, find);
}

/**
 * The record of a session is gone: finds it under a new id. Returns whether there is one. Only for sessions
 * that are followed, and that have a user: nothing else leads from the former id to the new one.
 */
export async function findMoved(state: SessionState): Promise<boolean> {
  const { request, identity, stored } = state;
  const find = followers.get(request);
  if (find === undefined || identity.principal === null || stored === null) return false;
  const key = await find(identity.principal, handlesOf(state)[0]);
  if (key === null || key === stored.key) return false;
  state.stored = { ...stored, key };
  return true;
}

/** Whether {@link findMoved} can find the session. */
export const isFollowed = ({ request }: SessionState): boolean => followers.has(request);
