import type { SessionKey } from '../../core/session-id.js';

/**
 * Session keys by principal. Most principals have one session, which is stored without a Set to save memory.
 */
export class PrincipalKeys {
  readonly #keys = new Map<string, SessionKey | Set<SessionKey>>();

  /** A copy of the keys of a principal's sessions. */
  of(principal: string): SessionKey[] {
    const keys = this.#keys.get(principal) ?? [];
    return typeof keys === 'string' ? [keys] : [...keys];
  }

  /** Moves a key from one principal to another. `null` means no principal. */
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
