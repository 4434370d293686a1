import { withDeadline } from '../../core/util/deadline.js';
import { errorChain, StoreError } from '../../core/util/store-error.js';

/** A migration that hangs is not awaited for ever: the connection that it was on may be one that fell silent. */
const WITHIN_MS = 15_000;

/** One migration for all who wait for it. After a failed one the next call tries again: the database may be up by then. */
export class Migration {
  readonly #store: string;
  readonly #migrate: () => Promise<void>;
  #made: Promise<void> | null = null;

  constructor(store: string, migrate: () => Promise<void>) {
    this.#store = store;
    this.#migrate = migrate;
  }

  /** The migration that is under way or done, else a new one. */
  made(): Promise<void> {
    return (this.#made ??= this.#begin());
  }

  /** Has the next call begin anew, unless somebody has already. */
  forget(made: Promise<void> | null = this.#made): void {
    if (this.#made === made) this.#made = null;
  }

  #begin(): Promise<void> {
    const late = (): Error =>
      new StoreError(
        `The ${this.#store} could not bring its table to the newest version within ${WITHIN_MS / 1000} s.`,
      );
    const made = withDeadline(this.#migrate(), WITHIN_MS, late);
    made.catch(() => this.forget(made));
    return made;
  }
}

const MARK = 'nest-session schema';

/** The comment of a table that says in which form it is. */
export function versionComment(version: number): string {
  return `${MARK} ${version}`;
}

/** The form of a table by its comment; 0 where it has none of ours, or is not there. */
export function versionInComment(comment: unknown): number {
  const text = Buffer.isBuffer(comment) ? comment.toString() : comment;
  const match = typeof text === 'string' ? new RegExp(`${MARK} (\\d+)`).exec(text) : null;
  return Number(match?.[1] ?? 0);
}

/** Whether a statement failed because its table does not exist, in PostgreSQL, MySQL, MariaDB or SQLite. */
export function isTableMissing(error: unknown): boolean {
  return errorChain(error).some(
    ({ code, errno, message }) =>
      code === '42P01' ||
      errno === 1146 ||
      (typeof message === 'string' && /^(SQLITE_ERROR: )?no such table: /.test(message)),
  );
}
