import type { AttributeChange, Changes, SessionRecord } from '../store/session-record.js';
import { COOKIE } from './attribute-name.js';
import type { CookieState } from './cookie-state.js';
import type { StoredSnapshot } from './stored-snapshot.js';

/** Engine attributes that this request has set: the text that the store holds, and the one to store. */
export type OwnEdits = ReadonlyMap<string, AttributeChange>;

/** The part of a session's state that edits depend on. */
interface EditedState {
  edits: OwnEdits | null;
  readonly stored: StoredSnapshot | null;
  readonly cookie: CookieState;
}

/** Sets an attribute of the engine, or removes it by `null`. The next write stores it. */
export function editOwn(state: EditedState, name: string, to: string | null): void {
  const from = state.edits?.get(name)?.from ?? state.stored?.record.attributes.get(name) ?? null;
  state.edits = new Map([...(state.edits ?? []), [name, { from, to }]]);
}

/** Forgets what this request has set an attribute of the engine to. */
export function dropEdit(state: Pick<EditedState, 'edits'>, name: string): void {
  if (state.edits?.has(name) !== true) return;
  const left = new Map(state.edits);
  left.delete(name);
  state.edits = left;
}

/** The changes of a session with those of its cookie settings and of the engine's attributes. */
export function withOwnChanges(changes: Changes, { stored, cookie, edits }: EditedState): Changes {
  const from = stored?.cookieSettings ?? null;
  const isCookieChanged = cookie.differsFrom(from);
  // An attribute of the engine alone is no reason to create a session.
  const isEdited = edits !== null && stored !== null;
  if (!isCookieChanged && !isEdited) return changes;
  const all = new Map<string, AttributeChange>(changes);
  if (isCookieChanged) all.set(COOKIE, { from, to: cookie.settings });
  if (isEdited) for (const [name, edit] of edits) if (edit.from !== edit.to) all.set(name, edit);
  return all;
}

/** The edits after a write of the whole record: `mine` as this request has it, `stored` merged with others. */
export function editsAfterWrite(edits: OwnEdits, mine: SessionRecord, stored: SessionRecord): OwnEdits {
  return settled(edits, (name) => ({
    from: mine.attributes.get(name) ?? null,
    to: stored.attributes.get(name) ?? null,
  }));
}

/** The edits after a patch: `mine` as this request has made it, `applied` merged with those of others. */
export function editsAfterPatch(edits: OwnEdits, mine: Changes, applied: Changes): OwnEdits {
  return settled(edits, (name) => {
    const sent = mine.get(name);
    return sent && { from: sent.to, to: (applied.get(name) ?? sent).to };
  });
}

/** `written` returns what this request has written of an attribute, and what the store holds of it now. */
function settled(edits: OwnEdits, written: (name: string) => AttributeChange | undefined): OwnEdits {
  const left = new Map(edits);
  for (const [name, { to }] of edits) {
    const known = written(name);
    if (known === undefined) continue;
    // What was set while the write was under way is still to be written.
    left.set(name, { from: known.to, to: known.from === to ? known.to : to });
  }
  return left;
}
