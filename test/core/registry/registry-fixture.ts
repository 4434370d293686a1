import { createSecretKey, randomBytes } from 'node:crypto';
import {
  MemorySessionStore,
  type SessionEvent,
  type SessionKey,
  type SessionRecord,
} from 'nest-session/http';
import { FakeClock } from 'nest-session/testing';
import type { RegistryParts } from '../../../lib/core/registry/registry-parts.js';
import { SessionRegistry } from '../../../lib/core/registry/session-registry.js';
import { newSessionId, sessionKey } from '../../../lib/core/session-id.js';
import { scopedPrincipal } from '../../../lib/core/store/principal-scope.js';
import type { SessionStore } from '../../../lib/core/store/session-store.js';
import { hours } from '../../../lib/core/util/clock.js';

/** Years ahead: the memory store frees what has expired by the clock of the system. */
export const START = 2_500_000_000_000;

/** A registry with its clock, its events and a store, and records as logins write them. */
export class RegistryFixture {
  readonly clock = new FakeClock(START);
  readonly events: SessionEvent[] = [];
  isOn = true;

  constructor(readonly store: SessionStore = new MemorySessionStore()) {}

  registry(overrides: Partial<RegistryParts> = {}): SessionRegistry {
    return new SessionRegistry(this.parts(overrides));
  }

  parts(overrides: Partial<RegistryParts> = {}): RegistryParts {
    const isOn = (): boolean => this.isOn;
    return {
      store: this.store,
      givenStore: this.store,
      storeTimeoutMs: 1000,
      clock: this.clock,
      lifetimes: { idleMs: hours(10), absoluteMs: hours(100), touchEveryMs: null },
      cookies: null,
      realm: 'default',
      sink: {
        get isOn() {
          return isOn();
        },
        emit: (event) => void this.events.push(event),
      },
      cursorKeys: [createSecretKey(randomBytes(32))],
      ...overrides,
    };
  }

  /** Stores a session of a principal, `ageMs` old. */
  async login(
    principal: string | null,
    { ageMs = 0, realm = 'default', own = {}, ...overrides }: Login = {},
  ): Promise<SessionKey> {
    const key = sessionKey(newSessionId());
    const at = this.clock.now() - ageMs;
    const texts = Object.entries(own).map(([name, value]): [string, string] => [name, JSON.stringify(value)]);
    await this.store.create(
      key,
      {
        createdAt: at,
        touchedAt: at,
        expiresAt: this.clock.now() + hours(1),
        principal: principal === null ? null : scopedPrincipal(realm, principal),
        revision: 0,
        attributes: new Map(texts),
        ...overrides,
      },
      { realm, isLogin: true, limit: null },
    );
    return key;
  }
}

interface Login extends Partial<Omit<SessionRecord, 'principal' | 'attributes'>> {
  readonly ageMs?: number;
  readonly realm?: string;
  /** Attributes of the engine. */
  readonly own?: Readonly<Record<string, unknown>>;
}
