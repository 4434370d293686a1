import { hash } from 'node:crypto';
import { SessionError } from '../errors.js';
import type { SessionEventListener } from '../session-event.js';
import { CircuitBreaker } from '../store/circuit-breaker.js';
import { chain, isThenable, type Awaitable } from '../util/awaitable.js';
import type { Clock } from '../util/clock.js';
import { withDeadline } from '../util/deadline.js';
import { describeKind } from '../util/describe-value.js';
import { RecentMap } from '../util/recent-map.js';

/** What the stamps of one engine are made of. */
export interface StampSource {
  /** The option `credentialStamp.of`, by the principal as the application gave it. */
  readonly of: (principal: string) => unknown;
  /** How long a result counts as present; 0 for no time. Milliseconds. */
  readonly checkEveryMs: number;
  /** Longest time to wait for a result; `null` for no limit. Milliseconds. */
  readonly limitMs: number | null;
  readonly clock: Clock;
  readonly onEvent: SessionEventListener;
}

/** What a call of the option has returned. */
export interface PresentStamp {
  /** The attribute of sessions that are bound to this credential; `null` where there is no such user. */
  readonly text: string | null;
  /** The number of the call: a later call has a higher one. */
  readonly call: number;
  /** When the call began. Epoch milliseconds. */
  readonly at: number;
}

/** A call of the option, which may not have ended yet. */
interface Call extends Pick<PresentStamp, 'call' | 'at'> {
  readonly stamp: Awaitable<PresentStamp>;
}

/**
 * The present credential stamps of users: what the option `credentialStamp.of` returns, hashed. Results are
 * kept for `checkEveryMs` in a map of bounded size.
 */
export class CredentialStamps {
  readonly #source: StampSource;
  readonly #breaker: CircuitBreaker;
  readonly #recent = new RecentMap<Call>();
  #calls = 0;

  constructor(source: StampSource) {
    this.#source = source;
    const { clock, onEvent } = source;
    this.#breaker = new CircuitBreaker(clock, (event) => {
      if (event.type === 'store-down' || event.type === 'store-up')
        onEvent({ ...event, source: 'credentialStamp' });
    });
  }

  /** How many calls have begun. */
  get calls(): number {
    return this.#calls;
  }

  /**
   * The stamp of a user, at most `checkEveryMs` old. Concurrent requests share one call, except with 0.
   * @throws SessionError as {@link CredentialStamps.ask}
   */
  recent(principal: string): Awaitable<PresentStamp> {
    const { checkEveryMs, clock } = this.#source;
    if (checkEveryMs === 0) return this.ask(principal);
    const known = this.#recent.get(principal);
    const at = clock.now();
    // The clock may have been set back.
    if (known !== undefined && Math.abs(at - known.at) < checkEveryMs) return known.stamp;
    const stamp = this.ask(principal);
    const call = { call: this.#calls, at, stamp };
    this.#keep(principal, call);
    if (!(stamp instanceof Promise)) return stamp;
    stamp.then(
      (one) => this.#settle(principal, call, one),
      () => this.#settle(principal, call, null),
    );
    return stamp;
  }

  /**
   * The stamp of a user by a call that begins now. It is not kept: see {@link CredentialStamps.note}.
   *
   * @throws SessionError `ERR_SESSION_STORE` where the option fails or takes too long, with its error as the
   * cause. `ERR_SESSION_VALUE` where it returns no text.
   */
  ask(principal: string): Awaitable<PresentStamp> {
    const call = ++this.#calls;
    const at = this.#source.clock.now();
    return chain(this.#result(principal), (result) => ({ text: stampText(principal, result), call, at }));
  }

  /** Keeps a stamp from {@link CredentialStamps.ask}, unless a later call has begun since. */
  note(principal: string, stamp: PresentStamp): void {
    const { call, at } = stamp;
    if (this.#source.checkEveryMs > 0) this.#keep(principal, { call, at, stamp });
  }

  #keep(principal: string, call: Call): void {
    const known = this.#recent.get(principal);
    if (known === undefined || known.call <= call.call) this.#recent.set(principal, call);
  }

  #settle(principal: string, call: Call, stamp: PresentStamp | null): void {
    if (this.#recent.get(principal) !== call) return;
    if (stamp === null) this.#recent.delete(principal);
    else this.#recent.set(principal, { ...call, stamp });
  }

  #result(principal: string): Awaitable<unknown> {
    const breaker = this.#breaker;
    if (!breaker.isQuiet && !breaker.admits()) throw lateError();
    try {
      const result = this.#source.of(principal);
      if (isThenable(result)) return this.#awaited(Promise.resolve(result));
      if (!breaker.isQuiet) breaker.responded();
      return result;
    } catch (cause) {
      throw this.#failed(cause);
    }
  }

  async #awaited(pending: Promise<unknown>): Promise<unknown> {
    const { limitMs } = this.#source;
    const late = lateError();
    try {
      const result = await (limitMs === null ? pending : withDeadline(pending, limitMs, () => late));
      if (!this.#breaker.isQuiet) this.#breaker.responded();
      return result;
    } catch (cause) {
      if (cause !== late) throw this.#failed(cause);
      this.#breaker.timedOut(late);
      throw late;
    }
  }

  #failed(cause: unknown): SessionError {
    const error = new SessionError('ERR_SESSION_STORE', 'The option credentialStamp.of failed.', { cause });
    this.#breaker.failed(error);
    return error;
  }
}

const lateError = (): SessionError =>
  new SessionError('ERR_SESSION_STORE', 'The option credentialStamp.of did not return a stamp in time.');

/** The attribute text of a stamp: a hash, so that the store never has the stamp itself. */
function stampText(principal: string, stamp: unknown): string | null {
  if (stamp === null || stamp === undefined) return null;
  if (typeof stamp !== 'string') {
    throw new SessionError(
      'ERR_SESSION_VALUE',
      `The option credentialStamp.of must return a text, or null where there is no such user, got ${describeKind(stamp)}.`,
    );
  }
  return JSON.stringify(hash('sha256', JSON.stringify([principal, stamp]), 'base64url'));
}
