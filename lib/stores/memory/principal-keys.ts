import type { SessionKey } from '../../core/session-id.js';

/** The keys of the sessions of each principal. Most have one session, and a set for each would cost more than that. */
export class PrincipalKeys {
  readonly #keys = new Map<string, SessionKey | Set<SessionKey>>();

  /** The keys of a principal's sessions as they are now. */
  of(principal: string): SessionKey[] {
    const keys = this.#keys.get(principal) ?? [];
    return typeof keys === 'string' ? [keys] : [...keys];
  }

  /** Files a key under another principal than before; `null` is nobody's. */
  move(key: SessionKey, former: string | null, principal: string | null): void {
    if (former === principal) return;
    if (former !== null) this.#remove(former, key);
    if (principal !== null) this.#add(principal, key);
  }

  #add(principal: string, key: SessionKey): void {
    const keys = this.#keys.get(principal);
    if (keys === undefined) this.#keys.set(principal, key);
    else if (typeof keys === 'string') this.#keys.set(principal, new Set([keys, key]));
    else keys.add(key);
  }

  #remove(principal: string, key: SessionKey): void {
    const keys = this.#keys.get(principal);
    if (keys === key || (typeof keys === 'object' && keys.delete(key) && keys.size === 0))
      this.#keys.delete(principal);
  }
}
