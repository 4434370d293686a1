/** Deeper than any client wraps the error of its driver. */
const MOST = 8;

/** Where clients keep the error of a driver: TypeORM, Sequelize, and the language itself. */
const WRAPPED = ['driverError', 'original', 'cause'] as const;

/** An error as it may look. */
export type LooseError = Readonly<Record<string, unknown>>;

/** An error and what it wraps, the outermost first. */
export function errorChain(error: unknown): readonly LooseError[] {
  const chain: LooseError[] = [];
  const next: unknown[] = [error];
  while (next.length > 0 && chain.length < MOST) {
    const one = next.shift();
    if (typeof one !== 'object' || one === null || chain.includes(one as LooseError)) continue;
    const loose = one as LooseError;
    chain.push(loose);
    next.push(...WRAPPED.map((name) => loose[name]));
    if (Array.isArray(loose['errors'])) next.push(...(loose['errors'] as unknown[]));
  }
  return chain;
}

/** The first code in the chain that is a text; '' where there is none. */
export function codeIn(error: unknown): string {
  const code = errorChain(error).find((one) => typeof one['code'] === 'string')?.['code'];
  return typeof code === 'string' ? code : '';
}

/** Whether a statement failed because its table is not there: for PostgreSQL, for MySQL and MariaDB, and for SQLite. */
export function isTableMissing(error: unknown): boolean {
  return errorChain(error).some(
    ({ code, errno, message }) =>
      code === '42P01' ||
      errno === 1146 ||
      (typeof message === 'string' && /^(SQLITE_ERROR: )?no such table: /.test(message)),
  );
}

/** An error in the store's own words: they hold no key, no value and no password, so it reaches the application as it is. */
export class SqlStoreError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SqlStoreError';
  }
}
