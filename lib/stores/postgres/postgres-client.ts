import type { SqlClient, SqlRow, SqlStatement } from '../sql/sql-client.js';
import { StoreError } from '../../core/util/store-error.js';
import type { SendToPostgres } from './postgres-query.js';

/** Closes the connections of a store. */
export interface PostgresEnd {
  close(): Promise<void> | void;
  destroy?(): void;
}

/** PostgreSQL as an {@link SqlClient}. */
export class PostgresSqlClient implements SqlClient {
  readonly #send: SendToPostgres;
  readonly #end: PostgresEnd;

  constructor(send: SendToPostgres, end: PostgresEnd) {
    this.#send = send;
    this.#end = end;
  }

  async read({ text, values }: SqlStatement): Promise<readonly SqlRow[]> {
    return rowsIn(await this.#send(text, values));
  }

  /** Counts the rows of RETURNING, because not every client returns the row count. */
  async write(statement: SqlStatement): Promise<number> {
    return (await this.read(statement)).length;
  }

  /** Runs several statements without values, atomically. */
  async script(text: string): Promise<void> {
    await this.#send(text);
  }

  async close(): Promise<void> {
    await this.#end.close();
  }

  destroy(): void {
    this.#end.destroy?.();
  }
}

/** The rows in a result: `{ rows }` of `pg`, an array of rows, or `[rows, count]` of TypeORM for a write. */
function rowsIn(result: unknown): readonly SqlRow[] {
  if (Array.isArray(result)) {
    const isPair = result.length === 2 && Array.isArray(result[0]) && typeof result[1] === 'number';
    return (isPair ? result[0] : result) as readonly SqlRow[];
  }
  const rows = (result as { rows?: unknown } | null | undefined)?.rows;
  if (Array.isArray(rows)) return rows as readonly SqlRow[];
  throw new StoreError(
    'The client of the PostgresSessionStore must return rows or { rows } for a query, and returned neither.',
  );
}
