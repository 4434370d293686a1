import type { StoredSession } from '../../core/store/session-store.js';
import { codeIn, StoreError } from '../../core/util/store-error.js';
import { retried } from '../sql/sql-runner.js';
import type { Admission, Admitted } from '../sql/sql-admission.js';
import type { SqlStatement } from '../sql/sql-client.js';
import { principalColumn, realmColumn, sessionsOf, valuesOf } from '../sql/sql-record.js';
import { quoteBeside, type TableName } from '../sql/table-name.js';
import { NOT_DELETED, RETURNED, WRONG_ISOLATION } from './postgres-admission-function.js';
import type { PostgresSqlClient } from './postgres-client.js';
import { loginLockNumber } from './postgres-locks.js';

/** undefined_function */
export const UNDEFINED_FUNCTION = '42883';

/**
 * Decides and writes in one call of the function. A plain statement could not: all of its parts see the rows
 * as they were before the lock. And not every client can run a transaction on one connection.
 */
export async function admitPostgres(
  client: PostgresSqlClient,
  name: TableName,
  dialect: { isTransient(error: unknown): boolean; isCollision(error: unknown): boolean },
  admission: Admission,
): Promise<Admitted> {
  const statement = callOf(name, admission);
  try {
    const [first, ...evicted] = await retried(dialect, () => client.read(statement));
    const outcome = first?.['outcome'];
    if (outcome === 'limit' || outcome === 'unwritten') return outcome;
    return { evicted: sessionsOf(evicted) satisfies StoredSession[] };
  } catch (error) {
    if (dialect.isCollision(error)) return 'collision';
    throw explained(error, name);
  }
}

function callOf(name: TableName, admission: Admission): SqlStatement {
  const { from, to, record, revision, principal, limit, terms } = admission;
  const text =
    `SELECT outcome, ${RETURNED} FROM ${quoteBeside(name, 'admit', '"')}` +
    '($1::bigint, $2::text, $3::bigint, $4::bigint, $5::text, $6::bigint, $7::text, $8::bigint, ' +
    '$9::text, $10::bigint, $11::bigint, $12::bigint, $13::bigint, $14::text, $15::text, $16::bigint)';
  const values = [
    ...[loginLockNumber(name, principalColumn(principal)!), limit.whenReached, limit.most, limit.at],
    ...[realmColumn(terms.realm), terms.isLogin || from === null ? 1 : 0, from, revision],
    ...[to, ...valuesOf(record), record.epoch ?? 0],
  ];
  return { text, values };
}

function explained(error: unknown, { table }: TableName): unknown {
  switch (codeIn(error)) {
    case WRONG_ISOLATION:
      return new StoreError(
        'The PostgresSessionStore can limit the sessions of a principal only in the isolation level READ COMMITTED. ' +
          'Remove default_transaction_isolation from its connections.',
      );
    case NOT_DELETED:
      return new StoreError(
        `The server deletes none of the sessions over the limit of a principal from ${table}. ` +
          'Remove the trigger, or the policy for rows, that keeps them.',
      );
    case UNDEFINED_FUNCTION:
      return Object.assign(
        new StoreError(
          `The function ${table}_admit, which limits the sessions of a principal, is missing. ` +
            'Run the statements of PostgresSessionStore.schemaSql() as the owner of the table.',
        ),
        { code: UNDEFINED_FUNCTION },
      );
    default:
      return error;
  }
}
