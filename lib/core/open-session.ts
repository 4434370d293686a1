import { planCommit, type CommitFacts, type CommitPlan } from './commit-plan.js';
import type { EngineParts } from './engine-options.js';
import { expiryAt, isExpired, isTouchDue } from './expiry.js';
import { toJsonText } from './json-text.js';
import type { Candidate, OpenRequest } from './open-request.js';
import { rebaseChanges, type AttributeUpdate } from './rebase-changes.js';
import { storedName, type SessionAttributes } from './session-attributes.js';
import type { SessionCookie } from './session-cookie.js';
import { SessionError } from './session-error.js';
import type { SessionId } from './session-id.js';
import { sessionHandle, sessionKey, type SessionKey } from './session-key.js';
import { SessionObject, type RegenerateOptions, type SessionEngineSide, type UserSession } from './session-object.js';
import type { AttributeChange, SessionPatch, SessionRecord } from './session-record.js';

/** What becomes of the browser's cookie after a commit. */
export type CookieOutcome = CommitPlan['cookie'];

type Changes = Map<string, AttributeChange>;

/** The engine's own attribute: the cookie settings in which a session differs from the options. */
const COOKIE = '$cookie';

const MOST_IDS_TRIED = 4;
const MOST_MERGES = 64;

/**
 * One session in the hands of one request: the facts about it, and the steps that change them.
 *
 * Longer than other files, because the steps share the facts, and facts that two files may change are how sessions
 * get lost.
 */
export class OpenSession implements SessionEngineSide {
  readonly session: UserSession;
  readonly #parts: EngineParts;
  readonly #request: OpenRequest;
  readonly #attributes: SessionAttributes;

  #id: SessionId | null = null;
  #client: CommitFacts['client'];
  #createdAt: number;
  /** What the store holds under {@link #storedKey}; `null` for a fresh session. */
  #record: SessionRecord | null = null;
  #storedKey: SessionKey | null = null;
  #cookie: SessionCookie;
  #keptCookie: string | null = null;
  #rekeyed: 'no' | 'empty' | 'keeping' = 'no';
  #destroyed = false;
  #ended: 'no' | 'detached' | 'gone' = 'no';
  #touched = false;
  readonly #updates = new Map<string, AttributeUpdate>();
  #busy: Promise<unknown> | null = null;

  constructor(parts: EngineParts, request: OpenRequest, found: { candidate: Candidate; record: SessionRecord } | null) {
    this.#parts = parts;
    this.#request = request;
    this.#createdAt = parts.clock.now();
    this.#client = request.presented ? 'stale' : 'nothing';
    this.#cookie = request.cookies.make(null, this.#createdAt);
    let attributes!: SessionAttributes;
    const object = new SessionObject((_, bag) => {
      attributes = bag;
      return this;
    });
    this.#attributes = attributes;
    this.session = object as unknown as UserSession;
    if (found !== null) {
      this.#id = found.candidate.id;
      if (found.candidate.current) this.#client = 'current';
      this.#adopt(sessionKey(found.candidate.id), found.record);
    }
  }

  get id(): SessionId {
    return (this.#id ??= this.#parts.newId(this.#request.context));
  }
  get handle(): string {
    return sessionHandle(sessionKey(this.id));
  }
  get cookie(): SessionCookie {
    return this.#cookie;
  }
  get isNew(): boolean {
    return this.#record === null || this.#rekeyed !== 'no';
  }
  get createdAt(): number {
    return this.#createdAt;
  }
  get expiresAt(): number {
    if (this.#record !== null && this.#rekeyed === 'no') return this.#record.expiresAt;
    return this.#expiryAt(this.#parts.clock.now());
  }
  /** `false` once the request has ended or let go of its session. */
  get isAlive(): boolean {
    return !this.#destroyed && this.#ended !== 'detached';
  }

  touch(): void {
    this.#touched = true;
    this.#request.cookies.touch(this.#cookie, this.#parts.clock.now());
  }

  update(name: string, change: (value: unknown) => unknown): unknown {
    const attributes = this.session as Record<string, unknown>;
    const before = this.#attributes.text(name);
    const known = this.#updates.get(storedName(name));
    const value = change(attributes[name]);
    attributes[name] = value;
    const after = toJsonText(value, name);
    if (known !== undefined && known.after === before) {
      this.#updates.set(storedName(name), { before: known.before, after, steps: [...known.steps, change] });
    } else if (before === this.#attributes.base(name)) {
      this.#updates.set(storedName(name), { before, after, steps: [change] });
    }
    return value;
  }

  /** Stops looking after the session: nothing is saved; with `destroy` its record is removed by the commit. */
  release(destroy: boolean): void {
    if (destroy) this.#destroyed = true;
    else this.#ended = 'detached';
  }

  async regenerate({ keep = [] }: RegenerateOptions): Promise<void> {
    if (this.#request.channel() === 'sent') {
      throw new SessionError(
        'ERR_SESSION_SENT',
        'regenerate() was called after the headers of the answer went out, so the new id cannot reach the browser. Call it before the first byte.',
      );
    }
    await this.#inOrder(() => this.#regenerate(keep));
  }

  async destroy(): Promise<void> {
    this.#destroyed = true;
    await this.#inOrder(() => this.#delete());
  }

  async reload(): Promise<void> {
    await this.#inOrder(() => this.#reload());
  }

  async save(): Promise<void> {
    await this.#inOrder(() => this.#commit(true));
    if (this.#ended === 'gone') throw goneError('saved');
  }

  /**
   * Brings the store up to date and says what becomes of the browser's cookie. At once where no store is needed.
   *
   * @throws SessionError `ERR_SESSION_STORE`, `ERR_SESSION_VALUE`, `ERR_SESSION_CONFLICT`, `ERR_SESSION_ID`
   */
  commit(): CookieOutcome | Promise<CookieOutcome> {
    return this.#inOrder(() => this.#commit(false));
  }

  /** Whether a commit would write what the session holds now. */
  hasChanges(): boolean {
    return this.isAlive && this.#ended === 'no' && this.#changes().size > 0;
  }

  /** The cookie as it goes out now, its lifetime begun again: from here on the browser holds the current id. */
  sendCookie(): SessionCookie {
    this.#client = 'current';
    this.#request.cookies.touch(this.#cookie, this.#parts.clock.now());
    return this.#cookie;
  }

  #commit(asked: boolean): CookieOutcome | Promise<CookieOutcome> {
    if (this.#ended !== 'no') return 'none';
    const changes: Changes = this.#destroyed ? new Map() : this.#changes();
    const plan = planCommit(this.#facts(asked || changes.size > 0), this.#parts.policy);
    return plan.write === 'none' ? plan.cookie : this.#carryOut(plan, changes);
  }

  #facts(changed: boolean): CommitFacts {
    return {
      origin: this.#record === null ? 'fresh' : 'stored',
      client: this.#client,
      rekeyed: this.#rekeyed !== 'no',
      changed,
      destroyed: this.#destroyed,
      touchDue: this.#touchDue(),
      persistent: this.#cookie.expires !== null,
      deliverable: this.#request.channel() === 'open',
    };
  }

  #touchDue(): boolean {
    if (this.#record === null) return false;
    const { clock, lifetimes, policy } = this.#parts;
    const due = isTouchDue(this.#record, this.#idleMs(), lifetimes.touchEveryMs, clock.now());
    return due || this.#touched || policy.resave;
  }

  async #carryOut({ write, cookie }: CommitPlan, changes: Changes): Promise<CookieOutcome> {
    switch (write) {
      case 'create':
        await this.#create();
        break;
      case 'rekey':
        await this.#rekey();
        break;
      case 'patch':
      case 'touch':
        await this.#patch(changes);
        break;
      case 'delete':
        await this.#delete();
        break;
      case 'none':
    }
    return this.#ended === 'gone' ? 'none' : cookie;
  }

  async #create(): Promise<void> {
    await this.#file((key, record) => this.#parts.store.create(key, record));
  }

  /**
   * A record that is gone was ended or given another id meanwhile. What was carried over from it must not come back;
   * a session that begins anew carries nothing and is simply made (two logins sent by one double click).
   */
  async #rekey(): Promise<void> {
    const from = this.#storedKey!;
    const answer = await this.#file((key, record) => this.#parts.store.rekey(from, key, record));
    if (answer !== 'missing') return;
    if (this.#rekeyed === 'keeping') this.#lose();
    else await this.#create();
  }

  /** Files the whole session under an id that no store uses yet. */
  async #file<A extends string>(write: (key: SessionKey, record: SessionRecord) => Promise<A>): Promise<A | null> {
    const record = this.#wholeRecord();
    for (let tried = 0; tried < MOST_IDS_TRIED; tried++) {
      const key = sessionKey(this.id);
      const answer = await write(key, record);
      if (answer === 'missing') return answer;
      if (answer !== 'collision') {
        this.#filed(key, record);
        return answer;
      }
      this.#id = null;
    }
    throw new SessionError(
      'ERR_SESSION_ID',
      `The genid option made ${MOST_IDS_TRIED} ids in a row that are in use. Make ids from at least 128 random bits.`,
    );
  }

  #wholeRecord(): SessionRecord {
    const attributes = this.#attributes.texts();
    const kept = this.#request.cookies.keep(this.#cookie);
    if (kept !== null) attributes.set(COOKIE, kept);
    const now = this.#parts.clock.now();
    const principal = this.#rekeyed === 'empty' ? null : (this.#record?.principal ?? null);
    return { createdAt: this.#createdAt, touchedAt: now, expiresAt: this.#expiryAt(now), principal, attributes };
  }

  #filed(key: SessionKey, record: SessionRecord): void {
    const changes: Changes = new Map();
    for (const [name, to] of record.attributes) changes.set(name, { from: null, to });
    this.#rekeyed = 'no';
    this.#storedKey = key;
    if (this.#client === 'current') this.#client = 'stale';
    this.#settled(record, changes);
  }

  async #patch(changes: Changes): Promise<void> {
    const key = this.#storedKey!;
    const mine = this.#patchOf(changes);
    const first = await this.#parts.store.patch(key, mine);
    const [answer, applied] =
      typeof first === 'object'
        ? await this.#parts.conflicts.run(key, () => this.#merge(key, mine, first.conflict))
        : ([first, mine] as const);
    if (answer === 'missing') return this.#lose();
    // What later changes are based on is what this request holds, merged or not: the store compares, and merges again.
    this.#settled({ ...this.#record!, touchedAt: applied.touchedAt, expiresAt: applied.expiresAt }, mine.changes);
    this.#keptCookie = applied.changes.get(COOKIE)!.to;
  }

  /** Every patch insists on the lifetime that its expiry was computed from. */
  #patchOf(changes: ReadonlyMap<string, AttributeChange>): SessionPatch {
    const based = new Map(changes);
    if (!based.has(COOKIE)) based.set(COOKIE, { from: this.#keptCookie, to: this.#keptCookie });
    const now = this.#parts.clock.now();
    return { touchedAt: now, expiresAt: this.#expiryAt(now), changes: based };
  }

  async #merge(key: SessionKey, mine: SessionPatch, held: SessionRecord): Promise<['applied' | 'missing', SessionPatch]> {
    for (let tried = 0; tried < MOST_MERGES; tried++) {
      const changes = rebaseChanges(mine.changes, held.attributes, this.#updates);
      const cookie = changes.get(COOKIE)!.to;
      if (cookie !== this.#request.cookies.keep(this.#cookie)) this.#useCookie(cookie, held.touchedAt);
      const patch = this.#patchOf(changes);
      const answer = await this.#parts.store.patch(key, patch);
      if (typeof answer !== 'object') return [answer, patch];
      held = answer.conflict;
    }
    throw new SessionError(
      'ERR_SESSION_CONFLICT',
      `The session was not saved: other requests changed the same attributes ${MOST_MERGES} times in a row. Give them attributes of their own.`,
    );
  }

  #settled(record: SessionRecord, changes: ReadonlyMap<string, AttributeChange>): void {
    this.#record = record;
    this.#touched = false;
    this.#updates.clear();
    this.#keptCookie = changes.get(COOKIE)?.to ?? null;
    this.#attributes.committed(changes);
  }

  async #delete(): Promise<void> {
    const key = this.#storedKey;
    if (key !== null) await this.#parts.store.delete(key);
    this.#record = null;
    this.#storedKey = null;
  }

  async #reload(): Promise<void> {
    const key = this.#storedKey;
    const record = key === null ? null : await this.#parts.store.load(key);
    if (key === null || record === null || this.#isOver(record)) throw goneError('reloaded');
    this.#rekeyed = 'no';
    this.#updates.clear();
    this.#adopt(key, record);
  }

  #regenerate(keep: readonly string[] | 'all'): void {
    const all = keep === 'all';
    if (!all) this.#attributes.keepOnly(keep);
    this.#rekeyed = all || keep.length > 0 || this.#rekeyed === 'keeping' ? 'keeping' : 'empty';
    this.#id = null;
    this.#destroyed = false;
    this.#ended = 'no';
    this.#createdAt = this.#parts.clock.now();
    this.#useCookie(null, this.#createdAt);
  }

  #adopt(key: SessionKey, record: SessionRecord): void {
    this.#storedKey = key;
    this.#record = record;
    this.#createdAt = record.createdAt;
    this.#keptCookie = record.attributes.get(COOKIE) ?? null;
    this.#useCookie(this.#keptCookie, record.touchedAt);
    this.#attributes.hydrate(record.attributes);
  }

  #useCookie(kept: string | null, touchedAt: number): void {
    this.#cookie = this.#request.cookies.make(kept, touchedAt);
  }

  /** The store no longer knows this session. Nothing is made again, and the browser keeps what it was sent since. */
  #lose(): void {
    this.#ended = 'gone';
    this.#record = null;
    this.#storedKey = null;
  }

  #changes(): Changes {
    const changes = this.#attributes.changes();
    const kept = this.#request.cookies.keep(this.#cookie);
    if (kept !== this.#keptCookie) changes.set(COOKIE, { from: this.#keptCookie, to: kept });
    return changes;
  }

  #idleMs(): number {
    return this.#request.cookies.lifetimeOf(this.#cookie) ?? this.#parts.lifetimes.idleMs;
  }

  #expiryAt(now: number): number {
    return expiryAt(now, this.#createdAt, this.#idleMs(), this.#parts.lifetimes.absoluteMs);
  }

  #isOver(record: SessionRecord): boolean {
    return isExpired(record, this.#parts.lifetimes.absoluteMs, this.#parts.clock.now());
  }

  /** One step at a time: a step that is under way is waited for, whether it succeeds or not. */
  #inOrder<T>(step: () => T | Promise<T>): T | Promise<T> {
    const before = this.#busy;
    const result = before === null ? step() : before.then(step, step);
    if (result instanceof Promise) {
      const mine: Promise<unknown> = result
        .catch(() => undefined)
        .finally(() => {
          if (this.#busy === mine) this.#busy = null;
        });
      this.#busy = mine;
    }
    return result;
  }
}

function goneError(verb: 'saved' | 'reloaded'): SessionError {
  return new SessionError(
    'ERR_SESSION_GONE',
    `The session could not be ${verb}: it has been ended, by a logout, an expiry or a new id in another request.`,
  );
}
