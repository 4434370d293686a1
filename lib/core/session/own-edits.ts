import type { Carried } from '../merge/rebase.js';
import type { AttributeChange, Changes, SessionRecord } from '../store/session-record.js';
import { COOKIE } from './attribute-name.js';
import type { CookieState } from './cookie-state.js';
import { isMarked, markedSettings } from './lifetime-mark.js';
import { LIFETIME, type OwnTexts } from './own-attributes.js';
import type { StoredSnapshot } from './stored-snapshot.js';

/** An engine attribute that this request has set: the text that the store holds, and the one to store. */
interface OwnEdit extends AttributeChange {
  /** The text of another request wins. */
  readonly yields?: boolean;
}

/** Engine attributes that this request has set, by name. */
export type OwnEdits = ReadonlyMap<string, OwnEdit>;

/** The part of a session's state that its engine attributes depend on. */
export interface OwnState {
  readonly edits: OwnEdits | null;
  readonly stored: StoredSnapshot | null;
  readonly moving: Carried | null;
  readonly own: OwnTexts | null;
}

/** The part of a session's state that edits depend on. */
export interface EditedState extends OwnState {
  edits: OwnEdits | null;
  readonly cookie: CookieState;
}

/** An attribute of the engine, as the next whole record has it. */
export function ownText({ stored, moving, own, edits }: OwnState, name: string): string | undefined {
  const edit = edits?.get(name);
  if (edit !== undefined) return edit.to ?? undefined;
  return stored !== null && moving === null ? stored.record.attributes.get(name) : own?.get(name);
}

/** Sets an attribute of the engine, or removes it by `null`. The next write stores it. */
export function editOwn(state: EditedState, name: string, to: string | null): void {
  const from = state.edits?.get(name)?.from ?? state.stored?.record.attributes.get(name) ?? null;
  setEdit(state, name, { from, to });
}

/** Sets an attribute that the store does not have, unless another request stores it first. */
export function proposeOwn(state: EditedState, name: string, to: string): void {
  setEdit(state, name, { from: null, to, yields: true });
}

/** Takes over an attribute that another request has stored: this request has not changed it. */
export function adoptOwn(state: EditedState, name: string, theirs: string | null): void {
  setEdit(state, name, { from: theirs, to: theirs });
}

function setEdit(state: EditedState, name: string, edit: OwnEdit): void {
  state.edits = new Map([...(state.edits ?? []), [name, edit]]);
}

/** Whether an attribute of the engine was set and is not stored yet. */
export function hasEdits({ edits }: OwnState): boolean {
  if (edits !== null) for (const { from, to } of edits.values()) if (from !== to) return true;
  return false;
}

/** The cookie settings to store. */
export function settingsToStore(state: EditedState): string | null {
  const { settings } = state.cookie;
  return ownText(state, LIFETIME) === undefined ? settings : markedSettings(settings);
}

/** Forgets what belongs to the former user: everything except a lifetime that is not stored yet. */
export function dropFormerEdits(state: Pick<EditedState, 'edits'>): void {
  const lifetime = state.edits?.get(LIFETIME);
  const isUnsaved = lifetime !== undefined && lifetime.from !== lifetime.to;
  state.edits = isUnsaved ? new Map([[LIFETIME, lifetime]]) : null;
}

/** The changes of a session with those of its cookie settings and of the engine's attributes. */
export function withOwnChanges(changes: Changes, state: EditedState): Changes {
  const { stored, cookie, edits } = state;
  const from = stored?.cookieSettings ?? null;
  const isCookieChanged = cookie.differsFrom(from);
  // An attribute of the engine alone is no reason to create a session.
  const isEdited = edits !== null && stored !== null;
  if (!isCookieChanged && !isEdited) return changes;
  const all = new Map<string, AttributeChange>(changes);
  const settings = settingsToStore(state);
  // The mark stays: a merge would drop the settings that another request adds to removed ones.
  const to = isMarked(from) ? markedSettings(settings) : settings;
  if (isCookieChanged || isMarked(to) !== isMarked(from)) all.set(COOKIE, { from, to });
  if (isEdited) for (const [name, edit] of edits) if (edit.from !== edit.to) all.set(name, edit);
  return all;
}

/**
 * The edits after a write of the whole record: `mine` as this request has it, `stored` merged with others.
 */
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
