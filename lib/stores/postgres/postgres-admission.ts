import type { StoredSession } from '../../core/store/session-store.js';
import { codeIn, StoreError } from '../../core/util/store-error.js';
import { retried } from '../sql/sql-runner.js';
import type { Admission, Admitted } from '../sql/sql-admission.js';
import type { SqlStatement } from '../sql/sql-client.js';
import { principalColumn, realmColumn, RECORD_COLUMNS, sessionsOf, valuesOf } from '../sql/sql-record.js';
import { quoteBeside, quoteTable, type TableName } from '../sql/table-name.js';
import type { PostgresSqlClient } from './postgres-client.js';
import { loginLockNumber } from './postgres-locks.js';

/** The SQLSTATE of the function in another isolation level. No class of the server begins with `NS`. */
const WRONG_ISOLATION = 'NS001';
/** undefined_function */
export const UNDEFINED_FUNCTION = '42883';

/** The columns of a returned row, and of a new one. */
const RETURNED = `session_key, ${RECORD_COLUMNS}, attributes`;

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

/**
 * The function that admits one session of a principal with a limit. In READ COMMITTED each of its statements
 * sees what others have committed before it, and so, after the lock, every session that they have admitted.
 *
 * A session that another node moves to another key meanwhile is not deleted under its old one: the rows are
 * counted again until none is too many.
 */
export function admissionFunction(name: TableName): string {
  const table = quoteTable(name, '"');
  const live = (row: string): string =>
    `${row}.principal = p_principal AND ${row}.expires_at > p_at AND ${row}.epoch >= present ` +
    `AND jsonb_typeof(${row}.attributes) = 'object'`;
  return `CREATE OR REPLACE FUNCTION ${quoteBeside(name, 'admit', '"')}(
  p_lock bigint, p_when_reached text, p_most bigint, p_at bigint, p_realm text, p_is_login bigint,
  p_from text, p_held_revision bigint, p_key text, p_created_at bigint, p_touched_at bigint,
  p_expires_at bigint, p_revision bigint, p_principal text, p_attributes text, p_epoch bigint
) RETURNS TABLE (
  outcome text, session_key text, created_at bigint, touched_at bigint, expires_at bigint,
  revision bigint, principal text, epoch bigint, attributes text
) LANGUAGE plpgsql AS $nest_session$
#variable_conflict use_column
DECLARE
  present bigint;
  stamp bigint;
  held bigint;
  written bigint;
BEGIN
  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
    RAISE EXCEPTION 'needs the isolation level READ COMMITTED' USING ERRCODE = '${WRONG_ISOLATION}';
  END IF;
  PERFORM pg_advisory_xact_lock(p_lock);
  present := COALESCE((SELECT e.epoch FROM ${quoteBeside(name, 'epochs', '"')} AS e WHERE e.realm = p_realm), 0);
  stamp := CASE WHEN p_is_login = 1 THEN present ELSE p_epoch END;
  IF p_when_reached = 'reject' THEN
    held := (SELECT count(*) FROM ${table} AS s WHERE ${live('s')} AND s.session_key IS DISTINCT FROM p_from);
    IF held >= p_most THEN
      outcome := 'limit';
      RETURN NEXT;
      RETURN;
    END IF;
  END IF;
  IF p_from IS NULL THEN
    INSERT INTO ${table} (${RETURNED}) VALUES (p_key, p_created_at, p_touched_at, p_expires_at,
      p_revision, p_principal, stamp, p_attributes::jsonb) ON CONFLICT DO NOTHING;
  ELSE
    UPDATE ${table} AS s SET session_key = p_key, created_at = p_created_at, touched_at = p_touched_at,
      expires_at = p_expires_at, revision = p_revision, principal = p_principal, epoch = stamp,
      attributes = p_attributes::jsonb
    WHERE s.session_key = p_from AND s.revision = COALESCE(p_held_revision, s.revision) AND s.epoch >= present
      AND jsonb_typeof(s.attributes) = 'object';
  END IF;
  GET DIAGNOSTICS written = ROW_COUNT;
  outcome := CASE WHEN written = 0 THEN 'unwritten' ELSE 'written' END;
  RETURN NEXT;
  IF written = 0 OR p_when_reached = 'reject' THEN
    RETURN;
  END IF;
  LOOP
    held := (SELECT count(*) FROM ${table} AS s WHERE ${live('s')} AND s.session_key <> p_key);
    EXIT WHEN held < p_most;
    RETURN QUERY DELETE FROM ${table} AS s WHERE s.session_key IN (
      SELECT v.session_key FROM ${table} AS v WHERE ${live('v')} AND v.session_key <> p_key
      ORDER BY CASE p_when_reached WHEN 'evict-oldest' THEN v.created_at ELSE v.touched_at END, v.session_key
      LIMIT held - p_most + 1
    ) RETURNING 'evicted'::text, s.session_key, s.created_at, s.touched_at, s.expires_at, s.revision,
      s.principal, s.epoch, s.attributes::text;
  END LOOP;
END
$nest_session$;`;
}
