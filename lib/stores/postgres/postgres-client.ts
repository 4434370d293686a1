import type { SqlClient, SqlRow, SqlStatement } from '../sql/sql-client.js';
import { StoreError } from '../../core/util/store-error.js';
import type { SendToPostgres } from './postgres-query.js';

/** How a store lets go of PostgreSQL. */
export interface PostgresEnd {
  close(): Promise<void> | void;
  destroy?(): void;
}

/** PostgreSQL as the store uses it. */
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

  /** By the rows that come back: not every client tells how many were written, so each statement returns them. */
  async write(statement: SqlStatement): Promise<number> {
    return (await this.read(statement)).length;
  }

  /** Several statements without values: they happen all or not at all. */
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

/** The rows of `{ rows }`, as `pg` answers; of the rows alone; or of `[rows, count]`, as TypeORM answers to a write. */
function rowsIn(answer: unknown): readonly SqlRow[] {
  if (Array.isArray(answer)) {
    const isPair = answer.length === 2 && Array.isArray(answer[0]) && typeof answer[1] === 'number';
    return (isPair ? answer[0] : answer) as readonly SqlRow[];
  }
  const rows = (answer as { rows?: unknown } | null | undefined)?.rows;
  if (Array.isArray(rows)) return rows as readonly SqlRow[];
  throw new StoreError(
    'The client of the PostgresSessionStore answered a query neither with rows nor with { rows }.',
  );
}
