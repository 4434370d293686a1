import type { SessionId, SessionKey } from '../session-id.js';
import type { Carried } from '../merge/rebase.js';
import { applyPatch, isChange, NO_CHANGES } from '../store/session-record.js';
import type { AttributeChange, Changes, SessionPatch, SessionRecord } from '../store/session-record.js';
import type { SessionAttributes } from './attributes.js';
import { COOKIE, storedName } from './attribute-name.js';
import type { CommitFacts } from './commit-plan.js';
import { CookieState, type CookieSeed } from './cookie-state.js';
import { expiryAt, idleMsAt, isTouchDue } from './expiry.js';
import type { CookiePlan } from './session-cookie.js';
import type { EngineParts, FoundSession, RequestContext } from './request-context.js';
import { NOTHING_UNSETTLED, type Unsettled } from './unsettled-writes.js';

/** What a store holds of a session: replaced as a whole by each load and each write. */
export interface StoredSnapshot {
  readonly key: SessionKey;
  /** The attributes are those of the last load. */
  readonly record: SessionRecord;
  readonly cookieSettings: string | null;
  /** This request created the record. */
  readonly isCreated: boolean;
  /** The application has called `touch()` since. */
  readonly isTouched: boolean;
}

/** An id that is not made yet, and the one that it replaces. */
interface IdToMake {
  readonly before: SessionId | undefined;
  readonly isBeingMade: boolean;
}

const FIRST_ID: IdToMake = { before: undefined, isBeingMade: false };

/** What is true of one session during one request, and what follows from it. Pure: it calls no store. */
export class SessionState {
  readonly parts: EngineParts;
  readonly request: RequestContext;
  readonly attributes: SessionAttributes;
  readonly cookie: CookieState;
  /** Since when the session exists, and whose it is. */
  identity: Pick<SessionRecord, 'createdAt' | 'principal'>;
  /** `null` where no store holds the session. */
  stored: StoredSnapshot | null = null;
  /**
   * Why the session is not saved any more: the application has destroyed or released it, or another request has ended it
   * (`gone`).
   */
  ending: 'destroyed' | 'released' | 'gone' | null = null;
  /** What of the record is moved to the new id that was asked for; `null` where none was. */
  moving: Carried | null = null;
  /** Writes that failed, of which it is not known whether the store has applied them. */
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
      const createdAt = parts.clock.now();
      this.identity = { createdAt, principal: null };
      this.cookie = new CookieState(
        request.cookies,
        { client, settings: undefined },
        this.#seed(null, createdAt),
      );
      return;
    }
    const { candidate, key, record } = found;
    this.#id = candidate.id;
    this.identity = record;
    const settings = this.#setStored(key, record, false);
    const browser = { client: candidate.current ? 'current' : client, settings } as const;
    this.cookie = new CookieState(request.cookies, browser, this.#seed(settings, record.touchedAt));
    attributes.hydrate(record.attributes);
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

  /** The session gets another id, which is made when it is first read. */
  dropId(): void {
    const before = typeof this.#id === 'string' ? this.#id : this.#id.before;
    this.#id = { before, isBeingMade: false };
  }

  /** The cookie needs a secure connection, and this one is not; once the session has ended, the cookie that is cleared. */
  get isInsecure(): boolean {
    if (this.request.isSecure) return false;
    const hasEnded = this.ending === 'destroyed' || this.ending === 'released';
    return hasEnded ? this.cookie.sent.secure === true : this.cookie.plan.secure;
  }

  get expiresAt(): number {
    const { stored, cookie, now } = this;
    const isExtended = stored === null || this.moving !== null || this.#isTouchDue(stored, cookie.plan);
    return isExtended ? this.expiryAt(now) : stored.record.expiresAt;
  }

  facts(changed: boolean): CommitFacts {
    const { stored, ending, cookie, request } = this;
    const { plan } = cookie;
    return {
      origin: stored === null ? 'fresh' : 'stored',
      client: cookie.client,
      rekeyed: this.moving !== null,
      changed,
      destroyed: ending === 'destroyed',
      released: ending === 'released',
      touchDue: stored !== null && this.#isTouchDue(stored, plan),
      cookieChanged: cookie.isChanged,
      persistent: plan.isPersistent,
      deliverable: request.canSendHeaders && !this.isInsecure,
    };
  }

  /** What was changed since the last commit. @throws SessionError `ERR_SESSION_VALUE` */
  changes(): Changes {
    const changes = this.attributes.changes();
    const from = this.stored === null ? null : this.stored.cookieSettings;
    if (!this.cookie.differsFrom(from)) return changes;
    return new Map<string, AttributeChange>([...changes, [COOKIE, { from, to: this.cookie.settings }]]);
  }

  /** The session is what a record says that was loaded again. */
  adopt(key: SessionKey, record: SessionRecord): void {
    this.identity = record;
    this.moving = null;
    this.cookie.use(this.#seed(this.#setStored(key, record, false), record.touchedAt));
    this.attributes.hydrate(record.attributes);
  }

  /**
   * The store has created or moved the whole session. `mine` is the record as this request meant it, `record` the merged one.
   * The cookie of the browser, if any, is that of another id.
   */
  saved(key: SessionKey, mine: SessionRecord, record: SessionRecord, isCreated: boolean): void {
    this.#setStored(key, record, isCreated);
    this.moving = null;
    this.cookie.outdate();
    this.attributes.saved(mine.attributes);
    if (record !== mine) this.attributes.showStored(record.attributes);
  }

  #setStored(key: SessionKey, record: SessionRecord, isCreated: boolean): string | null {
    const cookieSettings = record.attributes.get(COOKIE) ?? null;
    this.stored = { key, record, cookieSettings, isCreated, isTouched: false };
    return cookieSettings;
  }

  /**
   * The store has applied a patch: `mine` as this request meant it, `applied` as it was merged with the record that the store
   * `held`. The session shows the merged values, except where the application has changed them since: those are merged
   * again by the next write.
   */
  patched(mine: SessionPatch, applied: SessionPatch, held: SessionRecord | null): void {
    const before = this.stored!;
    const record = held ?? before.record;
    const { touchedAt, expiresAt } = applied;
    const principal = applied.principal.to;
    const revision = record.revision + (isChange(applied) ? 1 : 0);
    this.stored = {
      key: before.key,
      record: { ...record, touchedAt, expiresAt, principal, revision },
      cookieSettings: applied.changes.get(COOKIE)!.to,
      isCreated: before.isCreated,
      isTouched: false,
    };
    if (principal !== this.identity.principal) this.identity = { ...this.identity, principal };
    this.attributes.committed(mine.changes);
    const merged = held === null ? null : applyPatch(held, applied);
    if (merged !== null) this.attributes.showStored(merged.attributes);
  }

  /** Another request has ended the session. The record is not created again, and the browser keeps its cookie. */
  lose(): void {
    this.stored = null;
    this.ending = this.ending === null ? 'gone' : 'released';
  }

  /**
   * The record to be moved is gone, and nothing of it may come back. Returns whether anything else is left: what this
   * request has set since.
   */
  dropMoved(): boolean {
    const dropped = this.attributes.dropLoaded();
    this.identity = { ...this.identity, principal: null };
    this.stored = null;
    return dropped === 0 || this.attributes.texts(NO_CHANGES).size > 0;
  }

  /** A new id for the same visitor, with the kept attributes only. The record is moved by the next commit. */
  beginMove(keep: readonly string[] | 'all'): void {
    const { moving } = this;
    // A session that was ended elsewhere has nothing to carry over.
    const isGone = this.ending === 'gone';
    if (isGone) this.attributes.dropLoaded();
    this.dropId();
    this.unsettled = { moved: null, patches: this.unsettled.patches };
    this.ending = null;
    this.moving = moving ?? 'all';
    // A session with all of its data goes on, and so do its limits (S-35).
    if (keep === 'all') {
      if (isGone) this.identity = { ...this.identity, principal: null };
      return;
    }
    this.attributes.keepOnly(keep);
    const names = keep.map(storedName);
    this.moving = new Set(names.filter((name) => moving === null || moving === 'all' || moving.has(name)));
    this.identity = { createdAt: this.now, principal: null };
    this.cookie.use(this.#seed(null, this.identity.createdAt));
  }

  /** Takes over cookie settings that another request has stored. */
  mergeCookie(settings: string | null, touchedAt: number): void {
    if (settings !== this.cookie.settings) this.cookie.use(this.#seed(settings, touchedAt));
  }

  #seed(settings: string | null, touchedAt: number): CookieSeed {
    return { settings, touchedAt, endsBy: this.identity.createdAt + this.parts.lifetimes.absoluteMs };
  }

  #isTouchDue({ record, isTouched }: StoredSnapshot, plan: CookiePlan): boolean {
    const { lifetimes, policy } = this.parts;
    if (isTouched || policy.resave) return true;
    const idleMs = idleMsAt(record.touchedAt, plan, lifetimes);
    return isTouchDue(record, idleMs, lifetimes.touchEveryMs, this.now);
  }

  /** When a session that is used now expires. */
  expiryAt(now: number): number {
    const { lifetimes } = this.parts;
    const idleMs = idleMsAt(now, this.cookie.plan, lifetimes);
    return expiryAt(now, this.identity.createdAt, idleMs, lifetimes.absoluteMs);
  }
}
