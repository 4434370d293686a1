import {
  applyPatch,
  type AttributeChange,
  type Changes,
  copyMap,
  isChange,
  NO_CHANGES,
  type SessionPatch,
  type SessionRecord,
} from '../store/session-record.js';
import { type CommitFacts, expiryAt, isExpired, isTouchDue } from './commit-plan.js';
import type { EngineParts, RequestContext } from './request-context.js';
import { carryOver, type AttributeUpdate, type Carried } from '../merge/rebase.js';
import type { SessionAttributes } from './attributes.js';
import type { SessionCookieFactory, SessionCookie } from './session-cookie.js';
import type { SessionId, SessionKey } from '../session-id.js';
import { storedName } from './attribute-name.js';

/** The engine's own attribute: the cookie settings in which a session differs from the options. */
export const COOKIE = '$cookie';

/**
 * What is known of one session during one request, and what follows from it. No store is asked here.
 *
 * Longer than other files, because these facts change together: each change of one must keep the others true.
 */
export class SessionState {
  readonly attributes: SessionAttributes;
  readonly #parts: EngineParts;
  readonly #request: RequestContext;

  client: CommitFacts['client'];
  createdAt: number;
  principal: string | null = null;
  destroyed = false;
  /** Why nothing is looked after any more: the application let go of the session, or the store no longer knows it. */
  ended: 'no' | 'detached' | 'gone' = 'no';
  touched = false;
  /** A new id was asked for, and the record waits to be moved to it. */
  rekeyed = false;
  /** What the store holds, and under which key; `null` for a fresh session. */
  stored: { readonly key: SessionKey; readonly record: SessionRecord } | null = null;
  /** What of the record goes along to the new id: all, or the attributes of these stored names. */
  #carried: Carried = 'all';
  #id: SessionId | null = null;
  /** The id that the latest new one replaces. */
  #idBefore: SessionId | undefined = undefined;
  #isMakingId = false;
  /** The cookie, once someone has looked at it, and until then what it will be made from. */
  #cookie: SessionCookie | null = null;
  #cookieKept: string | null = null;
  #cookieTouchedAt = 0;
  /** The cookie settings as the store holds them. */
  #keptCookie: string | null = null;
  /** The cookie settings as the browser was sent them; `undefined` where this session has sent it nothing. */
  #sentCookie: string | null | undefined = undefined;

  constructor(parts: EngineParts, request: RequestContext, attributes: SessionAttributes, createdAt: number) {
    this.#parts = parts;
    this.#request = request;
    this.attributes = attributes;
    this.createdAt = createdAt;
    this.client = request.presented ? 'stale' : 'nothing';
    this.#cookieTouchedAt = createdAt;
  }

  get cookie(): SessionCookie {
    return (this.#cookie ??= this.#request.cookies.make(
      this.#cookieKept,
      this.#cookieTouchedAt,
      this.createdAt + this.#parts.lifetimes.absoluteMs,
    ));
  }

  /** The cookie under the settings that the browser was sent: what must be cleared. */
  get sentCookie(): SessionCookie {
    return this.#request.cookies.make(this.#sentCookie ?? null, this.#cookieTouchedAt);
  }

  /** The sent cookie, where the browser would keep it beside the present one: browsers tell cookies apart by these. */
  get replacedCookie(): SessionCookie | null {
    if (!this.#isCookieChanged()) return null;
    const [sent, { path, domain, partitioned }] = [this.sentCookie, this.cookie];
    const isSame = sent.path === path && sent.domain === domain && sent.partitioned === partitioned;
    return isSame ? null : sent;
  }

  /** Whether the cookie wants a secure connection; once the session has ended, the one that is cleared. */
  get isCookieSecure(): boolean {
    if (this.destroyed || this.ended === 'detached') return this.sentCookie.secure === true;
    return this.#hasPlainCookie ? this.#request.cookies.plan.secure : this.cookie.secure === true;
  }

  /** Nobody has looked at the cookie, and it has no settings of its own. */
  get #hasPlainCookie(): boolean {
    return this.#cookie === null && this.#cookieKept === null;
  }

  get now(): number {
    return this.#parts.clock.now();
  }

  /** Made when it is first needed: most visitors never need one. */
  get id(): SessionId {
    if (this.#id === null && this.#isMakingId) return this.#idBefore as SessionId;
    return (this.#id ??= this.#makeId());
  }
  set id(id: SessionId | null) {
    this.#id = id;
  }

  /** `newId` may read the id of the session that it makes one for, and gets the id before. */
  #makeId(): SessionId {
    this.#isMakingId = true;
    try {
      return this.#parts.newId(this.#request.context);
    } finally {
      this.#isMakingId = false;
    }
  }

  get isNew(): boolean {
    return this.stored === null || this.rekeyed;
  }

  get expiresAt(): number {
    return this.stored === null || this.rekeyed || this.#touchDue()
      ? this.#expiryAt(this.now)
      : this.stored.record.expiresAt;
  }

  facts(changed: boolean): CommitFacts {
    return {
      origin: this.stored === null ? 'fresh' : 'stored',
      client: this.client,
      rekeyed: this.rekeyed,
      changed,
      destroyed: this.destroyed,
      released: this.ended === 'detached',
      touchDue: this.#touchDue(),
      cookieChanged: this.#isCookieChanged(),
      persistent: this.#hasPlainCookie
        ? this.#request.cookies.plan.isPersistent
        : this.cookie.expires !== null,
      deliverable: this.#request.channel() === 'open',
    };
  }

  /** @throws SessionError `ERR_SESSION_VALUE` */
  changes(): Changes {
    const changes = this.attributes.changes();
    const from = this.#keptCookie;
    const to = this.#keptNow();
    return to === this.#sameAs(from)
      ? changes
      : new Map<string, AttributeChange>([...changes, [COOKIE, { from, to }]]);
  }

  /**
   * A patch of these changes, used now. Every patch insists on the cookie settings that its expiry was computed from.
   */
  patchOf(changes: Changes, held: SessionRecord | null = null): SessionPatch {
    const based = copyMap(changes);
    if (!based.has(COOKIE)) based.set(COOKIE, { from: this.#keptCookie, to: this.#keptCookie });
    const { principal } = held ?? this.stored!.record;
    return {
      touchedAt: this.now,
      expiresAt: this.#expiryAt(this.now),
      principal: { from: principal, to: principal },
      changes: based,
    };
  }

  /**
   * The session as a record of its own, used now. `changes` are those that it has now.
   * @throws SessionError `ERR_SESSION_VALUE`
   */
  wholeRecord(changes: Changes): SessionRecord {
    const attributes = this.attributes.texts(changes);
    const kept = this.#keptNow();
    if (kept !== null) attributes.set(COOKIE, kept);
    const { principal } = this;
    const expiresAt = this.#expiryAt(this.now);
    return { createdAt: this.createdAt, touchedAt: this.now, expiresAt, principal, revision: 0, attributes };
  }

  /** Which revision a move to a new id must find; `null` where nothing is carried over, whatever it has become. */
  get carriedRevision(): number | null {
    const isBare = this.#carried !== 'all' && this.#carried.size === 0;
    return isBare ? null : this.stored!.record.revision;
  }

  /**
   * As {@link wholeRecord}, where others have changed what is carried over: with their changes, and those of this
   * request upon them.
   */
  wholeRecordUpon(
    held: SessionRecord,
    changes: Changes,
    updates: ReadonlyMap<string, AttributeUpdate>,
  ): SessionRecord {
    const attributes = carryOver(held.attributes, this.#carried, changes, updates);
    if (this.#carried === 'all') {
      this.principal = held.principal;
      this.mergeCookie(attributes.get(COOKIE) ?? null, held.touchedAt);
    }
    const kept = this.#keptNow();
    if (kept === null) attributes.delete(COOKIE);
    else attributes.set(COOKIE, kept);
    return { ...this.wholeRecord(changes), attributes };
  }

  /** The store holds this record now, and the session is what it says. */
  adopt(key: SessionKey, record: SessionRecord): void {
    this.stored = { key, record };
    this.createdAt = record.createdAt;
    this.principal = record.principal;
    this.rekeyed = false;
    this.#carried = 'all';
    this.#useCookie(record.attributes.get(COOKIE) ?? null, record.touchedAt);
    this.#keptCookie = record.attributes.get(COOKIE) ?? null;
    // What the browser holds is what the first record says; a reload tells of other requests.
    if (this.#sentCookie === undefined) this.#sentCookie = this.#keptCookie;
    this.attributes.hydrate(record.attributes);
  }

  /**
   * The store has filed the whole session: the browser's cookie leads elsewhere, if anywhere. `mine` is the record as
   * this request meant it, `record` as it was merged: see {@link patched}.
   */
  filed(key: SessionKey, mine: SessionRecord, record: SessionRecord): void {
    this.stored = { key, record };
    this.rekeyed = false;
    this.#carried = 'all';
    if (this.client === 'current') this.client = 'stale';
    this.touched = false;
    this.#keptCookie = record.attributes.get(COOKIE) ?? null;
    this.attributes.filed(mine.attributes);
    if (record !== mine) this.attributes.showStored(record.attributes);
  }

  /**
   * The store has applied a patch: `mine` as this request meant it, `applied` as it was merged with what the store
   * `held`. The session shows the merged values, except where the application has changed them since: later changes
   * of those are based on what this request meant, and are merged again.
   */
  patched(mine: SessionPatch, applied: SessionPatch, held: SessionRecord | null): void {
    const { key } = this.stored!;
    const record = held ?? this.stored!.record;
    const { touchedAt, expiresAt } = applied;
    const principal = applied.principal.to;
    const revision = record.revision + (isChange(applied) ? 1 : 0);
    this.stored = { key, record: { ...record, touchedAt, expiresAt, principal, revision } };
    this.principal = principal;
    this.touched = false;
    this.#keptCookie = applied.changes.get(COOKIE)!.to;
    this.attributes.committed(mine.changes);
    const merged = held === null ? null : applyPatch(held, applied);
    if (merged !== null) this.attributes.showStored(merged.attributes);
  }

  /** The store no longer knows this session. Nothing is made again, and the browser keeps what it was sent since. */
  lose(): void {
    this.ended = 'gone';
    this.stored = null;
  }

  /**
   * The record that a new id was asked for is gone. What was carried over from it must not come back; `false` where
   * nothing else is left.
   */
  dropCarried(): boolean {
    const carried = this.attributes.dropLoaded();
    this.principal = null;
    this.stored = null;
    return carried === 0 || this.attributes.texts(NO_CHANGES).size > 0;
  }

  /** Another id for the same visitor, with nothing but the kept attributes; the record waits for the next commit. */
  beginAnew(keep: readonly string[] | 'all'): void {
    // A session that was ended has nothing to carry over.
    if (this.ended === 'gone') this.attributes.dropLoaded();
    if (keep !== 'all') {
      this.attributes.keepOnly(keep);
      this.#carried = new Set(
        keep.map(storedName).filter((name) => this.#carried === 'all' || this.#carried.has(name)),
      );
    }
    if (keep !== 'all' || this.ended === 'gone') this.principal = null;
    this.rekeyed = true;
    this.#idBefore = this.#id ?? this.#idBefore;
    this.#id = null;
    this.destroyed = false;
    this.ended = 'no';
    // With all that it holds a session goes on, and so do its limits (S-35); without, another one begins.
    if (keep === 'all') return;
    this.createdAt = this.now;
    this.#useCookie(null, this.createdAt);
  }

  /** Takes over the cookie settings that the store holds, where another request has changed them. */
  mergeCookie(kept: string | null, touchedAt: number): void {
    if (kept !== this.#keptNow()) this.#useCookie(kept, touchedAt);
  }

  touch(): void {
    this.touched = true;
    this.restartCookie();
  }

  restartCookie(): void {
    if (this.#cookie === null) this.#cookieTouchedAt = this.now;
    else this.#request.cookies.touch(this.#cookie, this.now);
  }

  /** From here on the browser holds the current id, in a cookie with the present settings. */
  cookieSent(): void {
    this.client = 'current';
    this.restartCookie();
    this.#sentCookie = this.#keptNow();
  }

  #isCookieChanged(): boolean {
    const sent = this.#sentCookie;
    // Most sessions have no settings of their own, and of most others nobody looks at them.
    if (sent === undefined || (this.#cookie === null && this.#cookieKept === sent)) return false;
    return this.#keptNow() !== this.#sameAs(sent);
  }

  /** Whether the store holds the cookie settings as they are. */
  get isCookieStored(): boolean {
    return this.#keptNow() === this.#sameAs(this.#keptCookie);
  }

  /** What would be kept of the cookie as it is. */
  #keptNow(): string | null {
    return this.#hasPlainCookie ? null : this.#request.cookies.keep(this.cookie);
  }

  /** Settings that the store holds, as this request would write the same. */
  #sameAs(kept: string | null): string | null {
    return kept === null ? null : this.#request.cookies.keep(this.#request.cookies.make(kept, 0));
  }

  #useCookie(kept: string | null, touchedAt: number): void {
    this.#cookie = null;
    this.#cookieKept = kept;
    this.#cookieTouchedAt = touchedAt;
  }

  #touchDue(): boolean {
    if (this.stored === null) return false;
    const { lifetimes, policy } = this.#parts;
    return (
      this.touched ||
      policy.resave ||
      isTouchDue(
        this.stored.record,
        this.#idleMs(this.stored.record.touchedAt),
        lifetimes.touchEveryMs,
        this.now,
      )
    );
  }

  /** How long the session may stay unused after a use at this instant. */
  #idleMs(usedAt: number): number {
    const { cookies } = this.#request;
    const own = this.#hasPlainCookie
      ? plainLifetime(cookies, usedAt)
      : cookies.lifetimeOf(this.cookie, usedAt);
    return own ?? this.#parts.lifetimes.idleMs;
  }

  #expiryAt(now: number): number {
    return expiryAt(now, this.createdAt, this.#idleMs(now), this.#parts.lifetimes.absoluteMs);
  }
}

/** How long the cookie of the options lets a session stay unused after a use at this instant. */
function plainLifetime({ plan }: SessionCookieFactory, usedAt: number): number | null {
  return plan.endsAt === null ? plan.lifetimeMs : plan.endsAt - usedAt;
}

/** How long a record may stay unused for this request: by the options, or by the cookie settings of its own. */
function idleMsOf(record: SessionRecord, { lifetimes }: EngineParts, cookies: SessionCookieFactory): number {
  const kept = record.attributes.get(COOKIE);
  const { touchedAt } = record;
  const own =
    kept === undefined
      ? plainLifetime(cookies, touchedAt)
      : cookies.lifetimeOf(cookies.make(kept, touchedAt), touchedAt);
  return own ?? lifetimes.idleMs;
}

/** Whether a record is over for this request. */
export function isOver(record: SessionRecord, parts: EngineParts, cookies: SessionCookieFactory): boolean {
  const idleMs = idleMsOf(record, parts, cookies);
  return isExpired(record, parts.lifetimes.absoluteMs, parts.clock.now(), idleMs);
}

/** Whether something must become of a record, or its cookie, also where nobody looks at the session. */
export function isCommitDue(
  record: SessionRecord,
  parts: EngineParts,
  cookies: SessionCookieFactory,
): boolean {
  const { policy, lifetimes, clock } = parts;
  if (policy.rolling || policy.resave) return true;
  return isTouchDue(record, idleMsOf(record, parts, cookies), lifetimes.touchEveryMs, clock.now());
}
