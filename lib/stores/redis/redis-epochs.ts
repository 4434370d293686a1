import { EPOCH } from './redis-scripts.js';
import type { RedisAccess } from './redis-access.js';

/** How old an epoch may be that a load compares with. Milliseconds. */
const RECENT_MS = 1000;

interface Reading<V> {
  /** When the command was sent: the value is not older. */
  readonly sentAt: number;
  readonly value: V;
}

/**
 * The epochs of realms, each a counter on the server. In a cluster the counter is on another server than most
 * sessions, so loads compare with a value that is at most one second old.
 */
export class RedisEpochs {
  readonly #access: RedisAccess;
  readonly #known = new Map<string, Reading<number>>();
  readonly #pending = new Map<string, Reading<Promise<number>>>();

  constructor(access: RedisAccess) {
    this.#access = access;
  }

  /** A value that is at most one second old. Concurrent calls share one command. */
  async recent(realm: string): Promise<number> {
    const now = performance.now();
    for (const reading of [this.#known.get(realm), this.#pending.get(realm)])
      if (reading !== undefined && now - reading.sentAt < RECENT_MS) return reading.value;
    return this.present(realm);
  }

  /** The present value. */
  async present(realm: string): Promise<number> {
    const sentAt = performance.now();
    const value = this.#access
      .run(EPOCH, [this.#access.epochKey(realm)], [])
      .then(([epoch]) => this.#remember(realm, sentAt, epoch));
    const reading = { sentAt, value };
    this.#pending.set(realm, reading);
    try {
      return await value;
    } finally {
      // A command that failed must not answer for the next second.
      if (this.#pending.get(realm) === reading) this.#pending.delete(realm);
    }
  }

  /** The last value that this process has seen, of any age; 0 if none. */
  known(realm: string): number {
    return this.#known.get(realm)?.value ?? 0;
  }

  /** Adds one, and returns the new value. */
  async advance(realm: string): Promise<number> {
    const sentAt = performance.now();
    const key = this.#access.epochKey(realm);
    return this.#remember(realm, sentAt, await this.#access.send('incr', [key], key));
  }

  /** Replies may arrive in another order than the commands were sent. */
  #remember(realm: string, sentAt: number, reply: unknown): number {
    const value = Number(String(reply));
    const known = this.#known.get(realm);
    if (known === undefined || known.sentAt <= sentAt) this.#known.set(realm, { sentAt, value });
    return value;
  }
}
