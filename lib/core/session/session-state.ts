import type { Carried } from '../merge/rebase.js';
import type { SessionId, SessionKey } from '../session-id.js';
import { applyPatch, type Changes, type SessionPatch, type SessionRecord } from '../store/session-record.js';
import type { SessionAttributes } from './attributes.js';
import { type CookieSeed, CookieState } from './cookie-state.js';
import { presentLifetimes } from './lifetime.js';
import type { EngineParts, FoundSession, RequestContext } from './request-context.js';
import { HANDLE, STAMP, type OwnTexts } from './own-attributes.js';
import { editsAfterPatch, editsAfterWrite, proposeOwn, withOwnChanges, type OwnEdits } from './own-edits.js';
import { FIRST_ID, type IdToMake, type PendingIdentity } from './pending-identity.js';
import { patchedSnapshot, snapshotOf, type StoredSnapshot } from './stored-snapshot.js';
import { NOTHING_UNSETTLED, type Unsettled } from './unsettled-writes.js';

/** The state of one session during one request, and its transitions. It calls no store. */
export class SessionState {
  readonly parts: EngineParts;
  readonly request: RequestContext;
  readonly attributes: SessionAttributes;
  readonly cookie: CookieState;
  /** When the session was created, whose it is, and its epoch. */
  identity: Pick<SessionRecord, 'createdAt' | 'principal' | 'epoch'>;
  /** The engine's attributes of the next whole record; `null` for none. Before a move `stored` has them. */
  own: OwnTexts | null = null;
  /** The engine's attributes that this request has set; `null` for none. */
  edits: OwnEdits | null = null;
  /** The former user, where the session is anonymous and has kept attributes of that user. */
  formerOwner: string | null = null;
  /** The change of identity that is not stored yet. */
  pending: PendingIdentity | null = null;
  /** The user whose login by the option `principal` the limit has refused in this request. */
  refused: string | null = null;
  /** This request has created the record or logged in: its epoch is not known here. */
  isStamped = false;
  endsOldId = false; // The old id ends when the connection closes.
  /** The next write binds the session to the present stamp of its user. */
  needsStamp = false;
  isAsked = false; // The option `principal` runs.
  /** `null` where no store holds the session. */
  stored: StoredSnapshot | null = null;
  /** Why the session is not saved any more: the application ended it, another request (`gone`), or both. */
  ending: 'destroyed' | 'released' | 'gone' | 'gone-and-released' | null = null;
  /** What the next commit moves to the new id; `null` unless a new id was requested. */
  moving: Carried | null = null;
  /** Writes that failed. The store may have applied them. */
  unsettled: Unsettled = NOTHING_UNSETTLED;
  #id: SessionId | IdToMake = FIRST_ID;

  constructor(
    parts: EngineParts,
    request: RequestContext,
    attributes: SessionAttributes,
    found: FoundSession | null,
  ) {
    this.parts = parts;
    this.request = request;
    this.attributes = attributes;
    const client = request.presented ? 'stale' : 'nothing';
    if (found === null) {
      this.identity = { createdAt: parts.clock.now(), principal: null };
      this.own = parts.named;
      const seed = this.seed(null, this.identity.createdAt);
      this.cookie = new CookieState(request.cookies, { client, settings: undefined }, seed);
      return;
    }
    const { candidate, key, record, stamp } = found;
    this.#id = candidate.id;
    this.identity = record;
    this.stored = snapshotOf(key, record);
    const settings = this.stored.cookieSettings;
    const browser = { client: candidate.current ? 'current' : client, settings } as const;
    this.cookie = new CookieState(request.cookies, browser, this.seed(settings, record.touchedAt));
    attributes.hydrate(record.attributes);
    if (stamp !== undefined) proposeOwn(this, STAMP, stamp);
  }

  get isGone(): boolean {
    return this.ending === 'gone' || this.ending === 'gone-and-released';
  }

  get now(): number {
    return this.parts.clock.now();
  }

  /** Made when it is first read: most visitors never need one. While `newId` runs, it is the id before. */
  get id(): SessionId {
    if (typeof this.#id === 'string') return this.#id;
    const { before, isBeingMade } = this.#id;
    return isBeingMade ? (before as SessionId) : this.#makeId(before);
  }

  #makeId(before: SessionId | undefined): SessionId {
    this.#id = { before, isBeingMade: true };
    try {
      return (this.#id = this.parts.newId(this.request.context));
    } catch (error) {
      this.#id = { before, isBeingMade: false };
      throw error;
    }
  }

  /** Whether the session has an id already. */
  get hasId(): boolean {
    return typeof this.#id === 'string';
  }

  /** Returns a function that restores the id. */
  keepId(): () => void {
    const id = this.#id;
    return () => void (this.#id = id);
  }

  /** Gives the session another id, which is made when it is first read. */
  dropId(): void {
    const before = typeof this.#id === 'string' ? this.#id : this.#id.before;
    this.#id = { before, isBeingMade: false };
    this.cookie.outdate();
  }

  /** What was changed since the last commit. @throws SessionError `ERR_SESSION_VALUE` */
  changes(): Changes {
    return withOwnChanges(this.attributes.changes(), this);
  }

  /** Replaces the session by a record that was loaded again. */
  adopt(key: SessionKey, record: SessionRecord): void {
    this.identity = record;
    this.own = this.edits = this.formerOwner = this.moving = this.pending = null;
    this.isStamped = this.needsStamp = false;
    const { hasNewId, isTouched } = this.stored!;
    this.stored = { ...snapshotOf(key, record, hasNewId), isTouched };
    this.cookie.use(this.seed(this.stored.cookieSettings, record.touchedAt));
    this.attributes.hydrate(record.attributes);
  }

  /**
   * The store has created or moved the whole session: `mine` is the record of this request, `record` the
   * one that was stored, merged with changes of other requests.
   */
  saved(key: SessionKey, mine: SessionRecord, record: SessionRecord): void {
    this.stored = snapshotOf(key, record, true);
    this.moving = null;
    if (this.edits !== null) this.edits = editsAfterWrite(this.edits, mine, record);
    this.attributes.saved(mine.attributes);
    if (record !== mine) this.#show(record);
  }

  /**
   * The store has applied a patch: `mine` is the patch of this request, `applied` the same merged with the
   * record that the store `held`. The session shows the merged values, except where the application has
   * changed them since: the next write merges those again.
   */
  patched(mine: SessionPatch, applied: SessionPatch, held: SessionRecord | null): void {
    const before = this.stored!;
    this.stored = patchedSnapshot(before, applied, held ?? before.record);
    const { principal } = this.stored.record;
    if (principal !== this.identity.principal) this.identify(this.identity.createdAt, principal);
    if (this.edits !== null) this.edits = editsAfterPatch(this.edits, mine.changes, applied.changes);
    this.attributes.committed(mine.changes);
    if (held !== null) this.#show(applyPatch(held, applied) ?? held);
  }

  #show(merged: SessionRecord): void {
    this.attributes.showStored(merged.attributes);
    this.cookie.endBy(this.identity.createdAt + presentLifetimes(this).absoluteMs);
  }

  /** The application has released the session. With `destroy` the commit deletes the record. */
  release(destroy: boolean): void {
    // A session that is gone has no record to delete, and no cookie to clear.
    if (this.isGone) this.ending = 'gone-and-released';
    else if (destroy) this.ending = 'destroyed';
    else this.ending ??= 'released';
  }

  /**
   * Another request has ended the session. The record is not created again, and the browser keeps its cookie.
   */
  lose(): void {
    this.forgetRecord();
    this.ending = this.ending === null ? 'gone' : 'gone-and-released';
  }

  /** No store holds the session any more. It keeps its handle. */
  forgetRecord(): void {
    const handle = this.moving === null ? this.stored?.record.attributes.get(HANDLE) : undefined;
    if (handle !== undefined) this.own = new Map([[HANDLE, handle]]);
    this.stored = null;
  }

  /** Sets whose session it is, and since when. It keeps its epoch. */
  identify(createdAt: number, principal: string | null): void {
    const { epoch } = this.identity;
    this.identity = epoch === undefined ? { createdAt, principal } : { createdAt, principal, epoch };
  }

  /** What the cookie object is made from. */
  seed(settings: string | null, touchedAt: number): CookieSeed {
    return { settings, touchedAt, endsBy: this.identity.createdAt + presentLifetimes(this).absoluteMs };
  }
}
