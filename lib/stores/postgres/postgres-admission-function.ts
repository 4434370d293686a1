import { RECORD_COLUMNS } from '../sql/sql-record.js';
import { quoteBeside, quoteTable, type TableName } from '../sql/table-name.js';

/** The SQLSTATE of the function in another isolation level. No class of the server begins with `NS`. */
export const WRONG_ISOLATION = 'NS001';

/** The SQLSTATE of the function when no session can be deleted. */
export const NOT_DELETED = 'NS002';

/** The columns of a returned row, and of a new one. */
export const RETURNED = `session_key, ${RECORD_COLUMNS}, attributes`;

/**
 * The function that admits one session of a principal with a limit. In READ COMMITTED each of its statements
 * sees what others have committed before it, and so, after the lock, every session that they have admitted.
 *
 * A session that another node moves to another key meanwhile is not deleted under its old one: the rows are
 * counted again until none is too many. A trigger or a policy that keeps rows would let that never end.
 */
export function admissionFunction(name: TableName): string {
  const values: Record<string, string> = {
    table: quoteTable(name, '"'),
    epochs: quoteBeside(name, 'epochs', '"'),
    function: quoteBeside(name, 'admit', '"'),
    'live s': liveIn('s'),
    'live v': liveIn('v'),
  };
  return TEXT.replaceAll(/\{([a-z ]+)\}/g, (_, key: string) => values[key]!);
}

const liveIn = (row: string): string =>
  `${row}.principal = p_principal AND ${row}.expires_at > p_at AND ${row}.epoch >= present ` +
  `AND jsonb_typeof(${row}.attributes) = 'object'`;

const TEXT = `CREATE OR REPLACE FUNCTION {function}(
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
  present := COALESCE((SELECT e.epoch FROM {epochs} AS e WHERE e.realm = p_realm), 0);
  stamp := CASE WHEN p_is_login = 1 THEN present ELSE p_epoch END;
  IF p_when_reached = 'reject' THEN
    held := (SELECT count(*) FROM {table} AS s WHERE {live s} AND s.session_key IS DISTINCT FROM p_from);
    IF held >= p_most THEN
      outcome := 'limit';
      RETURN NEXT;
      RETURN;
    END IF;
  END IF;
  IF p_from IS NULL THEN
    INSERT INTO {table} (${RETURNED}) VALUES (p_key, p_created_at, p_touched_at, p_expires_at,
      p_revision, p_principal, stamp, p_attributes::jsonb) ON CONFLICT DO NOTHING;
  ELSE
    UPDATE {table} AS s SET session_key = p_key, created_at = p_created_at, touched_at = p_touched_at,
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
  FOR attempt IN 1..100 LOOP
    held := (SELECT count(*) FROM {table} AS s WHERE {live s} AND s.session_key <> p_key);
    IF held < p_most THEN
      RETURN;
    END IF;
    RETURN QUERY DELETE FROM {table} AS s WHERE s.session_key IN (
      SELECT v.session_key FROM {table} AS v WHERE {live v} AND v.session_key <> p_key
      ORDER BY CASE p_when_reached WHEN 'evict-oldest' THEN v.created_at ELSE v.touched_at END, v.session_key
      LIMIT held - p_most + 1
    ) RETURNING 'evicted'::text, s.session_key, s.created_at, s.touched_at, s.expires_at, s.revision,
      s.principal, s.epoch, s.attributes::text;
  END LOOP;
  RAISE EXCEPTION 'the server deletes none of the sessions over the limit' USING ERRCODE = '${NOT_DELETED}';
END
$nest_session$;`;
