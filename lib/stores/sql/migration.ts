import { withRefDeadline } from '../../core/util/deadline.js';
import { errorChain, StoreError } from '../../core/util/store-error.js';

/** Limit for a migration: its connection may be to a server that no longer responds. */
const WITHIN_MS = 15_000;

/** One migration, which concurrent calls share. After a failure the next call starts another one. */
export class Migration {
  readonly #store: string;
  readonly #migrate: () => Promise<void>;
  #current: Promise<void> | null = null;

  constructor(store: string, migrate: () => Promise<void>) {
    this.#store = store;
    this.#migrate = migrate;
  }

  /** Starts a migration, unless one is pending or done. */
  run(): Promise<void> {
    return (this.#current ??= this.#start());
  }

  /** Makes the next call start a migration, unless a newer one than the given one exists. */
  forget(migration: Promise<void> | null = this.#current): void {
    if (this.#current === migration) this.#current = null;
  }

  #start(): Promise<void> {
    const late = (): Error =>
      new StoreError(
        `The ${this.#store} could not bring its table to the newest version within ${WITHIN_MS / 1000} s.`,
      );
    const migration = withRefDeadline(this.#migrate(), WITHIN_MS, late);
    migration.catch(() => this.forget(migration));
    return migration;
  }
}

const MARK = 'nest-session schema';

/** The table comment that contains the schema version. */
export function versionComment(version: number): string {
  return `${MARK} ${version}`;
}

/** The schema version in a table comment; 0 when the comment contains none, or the table does not exist. */
export function versionInComment(comment: unknown): number {
  const text = Buffer.isBuffer(comment) ? comment.toString() : comment;
  const match = typeof text === 'string' ? new RegExp(`${MARK} (\\d+)`).exec(text) : null;
  return Number(match?.[1] ?? 0);
}

/**
 * Whether a statement failed because its table does not exist, in PostgreSQL, MySQL, MariaDB or SQLite, or
 * the function of PostgreSQL that belongs to the table. Or because it has not all columns yet: in MySQL and
 * MariaDB other statements can run between two steps of a migration.
 */
export function isTableMissing(error: unknown): boolean {
  return errorChain(error).some(
    ({ code, errno, message }) =>
      code === '42P01' ||
      code === '42883' ||
      errno === 1146 ||
      errno === 1054 ||
      (typeof message === 'string' && /^(SQLITE_ERROR: )?no such table: /.test(message)),
  );
}
