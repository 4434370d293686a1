import { MemorySessionStore, type CookieOptions, type SessionStore } from 'nest-session/http';
import { FakeClock } from 'nest-session/testing';
import { OptionsCookieFactory } from '../../../lib/cookie/session-cookie-factory.js';
import { resolveCookie } from '../../../lib/cookie/cookie-options.js';
import { hours, minutes } from '../../../lib/core/util/clock.js';
import { CredentialStamps, type StampSource } from '../../../lib/core/session/credential-stamp.js';
import type { EngineFeatures } from '../../../lib/core/session/engine-features.js';
import type { OpenSession } from '../../../lib/core/session/open-session.js';
import { SessionEngine } from '../../../lib/core/session/session-engine.js';
import { isStoreFailure } from '../../../lib/core/errors.js';
import type { SessionEvent } from '../../../lib/core/session-event.js';
import { newSessionId, type SessionId, sessionKey } from '../../../lib/core/session-id.js';
import type { SessionRecord } from '../../../lib/core/store/session-record.js';
import { STORE_METHODS } from '../../../lib/core/store/session-store.js';

/** The options of the engine of an {@link Application}. */
export interface Settings {
  readonly idleMs: number;
  readonly absoluteMs: number;
  readonly touchEveryMs: number | null;
  /** Longest idle timeout of any session. */
  readonly mostIdleMs: number;
  readonly saveUninitialized: boolean;
  readonly rolling: boolean;
  readonly resave: boolean;
  readonly newId: (context: unknown) => SessionId;
  readonly cookie: CookieOptions;
  /** The session name. */
  readonly realm: string;
  readonly principalOf: EngineFeatures['principalOf'];
  readonly deviceOf: EngineFeatures['deviceOf'];
  readonly limit: EngineFeatures['limit'];
  /** The option `credentialStamp.of`; `null` for no option. */
  readonly stampOf: StampSource['of'] | null;
  readonly checkEveryMs: number;
  /** Whether events of the life of a session are emitted. */
  readonly isOn: boolean;
}

/** What is special about one request. */
interface Visit {
  readonly channel?: 'open' | 'insecure' | 'sent';
  readonly presented?: boolean;
  readonly goesOnWithout?: boolean;
  readonly context?: unknown;
  /** The request does not count as activity. */
  readonly isPassive?: boolean;
}

const DEFAULTS: Settings = {
  idleMs: minutes(10),
  absoluteMs: hours(8),
  touchEveryMs: null,
  mostIdleMs: Infinity,
  saveUninitialized: false,
  rolling: false,
  resave: false,
  newId: newSessionId,
  cookie: {},
  realm: 'default',
  principalOf: null,
  deviceOf: null,
  limit: null,
  stampOf: null,
  checkEveryMs: minutes(1),
  isOn: false,
};

/** An application with one store, which records its calls. `restarted` returns the same one with other settings. */
export class Application {
  readonly calls: string[] = [];
  readonly events: SessionEvent[] = [];
  readonly #engine: SessionEngine;
  readonly #settings: Settings;
  /** Runs what the last call of `regenerate()` has left for the end of its request. */
  closeLast: () => Promise<void> = async () => undefined;

  constructor(
    settings: Partial<Settings> = {},
    readonly store = new MemorySessionStore(),
    readonly clock = new FakeClock(1_700_000_000_000),
  ) {
    this.#settings = { ...DEFAULTS, ...settings };
    const { idleMs, absoluteMs, touchEveryMs, mostIdleMs } = this.#settings;
    const { newId, realm, principalOf, deviceOf, limit, isOn } = this.#settings;
    const { stampOf, checkEveryMs } = this.#settings;
    const emit = (event: SessionEvent): void => void this.events.push(event);
    const source = { checkEveryMs, clock, limitMs: null, onEvent: emit };
    const stamps = stampOf === null ? null : new CredentialStamps({ of: stampOf, ...source });
    this.#engine = new SessionEngine({
      store: this.#recorded(),
      clock,
      newId,
      storeTimeoutMs: null,
      onEvent: emit,
      features: { realm, principalOf, deviceOf, limit, stamps, sink: { isOn, emit } },
      lifetimes: { idleMs, absoluteMs, touchEveryMs, mostIdleMs },
      policy: this.#settings,
    });
  }

  restarted(settings: Partial<Settings>): Application {
    return new Application({ ...this.#settings, ...settings }, this.store, this.clock);
  }

  /** A request with the cookie of one session, of several, or without one. */
  open(
    who?: SessionId | { id: SessionId; current: boolean }[],
    visit: Visit = {},
  ): Promise<OpenSession> | OpenSession {
    const candidates = Array.isArray(who) ? who : who === undefined ? [] : [{ id: who, current: true }];
    const now = (): number => this.clock.now();
    const request = {
      candidates,
      presented: visit.presented ?? candidates.length > 0,
      cookies: new OptionsCookieFactory(resolveCookie(this.#settings.cookie, true, now()), now),
      isSecure: visit.channel !== 'insecure',
      canSendHeaders: visit.channel !== 'sent',
      hasBegun: visit.channel === 'sent',
      whenClosed: (step: () => Promise<void>) => void (this.closeLast = step),
      context: visit.context,
      isPassive: visit.isPassive,
    };
    if (visit.goesOnWithout !== true) return this.#engine.open(request);
    return (async () => this.#engine.open(request))().catch((error: unknown) => {
      if (!isStoreFailure(error)) throw error;
      return this.#engine.createSession(request, error);
    });
  }

  /** The id of a session that an earlier request has stored. */
  async stored(attributes: object): Promise<SessionId> {
    const fresh = await this.open();
    Object.assign(fresh.session, attributes);
    await fresh.session.save();
    this.calls.length = 0;
    return fresh.id;
  }

  async record(id: SessionId): Promise<SessionRecord | null> {
    return this.store.load(sessionKey(id));
  }

  /** What the store holds; `null` where it holds nothing. */
  async dataOf(id: SessionId): Promise<object | null> {
    const record = await this.record(id);
    if (record === null) return null;
    const own = [...record.attributes].filter(([name]) => !/^\$(?!\$)/.test(name));
    return Object.fromEntries(own.map(([name, text]) => [name, JSON.parse(text) as unknown]));
  }

  #recorded(): SessionStore {
    const { store, calls } = this;
    const recorded = STORE_METHODS.map((method) => [
      method,
      (...args: unknown[]) => {
        calls.push(method);
        return (store[method] as (...given: unknown[]) => unknown)(...args);
      },
    ]);
    // The prototype has the optional powers of the store.
    const powers = Object.create(store) as SessionStore;
    return Object.assign(powers, Object.fromEntries(recorded) as object);
  }
}

/** The attributes that the store holds of each session; `null` where it holds nothing. */
export const everything = async (app: Application, ids: SessionId[]): Promise<(object | null)[]> =>
  Promise.all(ids.map((id) => app.dataOf(id)));
