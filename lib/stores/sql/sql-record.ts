import { createHash } from 'node:crypto';
import type { SessionKey } from '../../core/session-id.js';
import {
  type AttributeChange,
  epochOf,
  isChange,
  isSessionRecord,
  type SessionPatch,
  type SessionRecord,
} from '../../core/store/session-record.js';
import type { StoredSession } from '../../core/store/session-store.js';
import { decodeName, decodePrincipal, encodeName, encodePrincipal } from './identifier-encoding.js';
import type { SqlRow, SqlValue } from './sql-client.js';
import { StoreError } from '../../core/util/store-error.js';

/** The columns that {@link recordOf} reads, without `attributes`. */
export const RECORD_COLUMNS = 'created_at, touched_at, expires_at, revision, principal, epoch';

/** A record as column values. */
export interface RecordColumns {
  readonly createdAt: number;
  readonly touchedAt: number;
  readonly expiresAt: number;
  readonly revision: number;
  readonly principal: string | null;
  /** A JSON object: encoded names, and JSON texts as strings, so that no database rewrites the texts. */
  readonly attributes: string;
  /** 0 for a record without an epoch. */
  readonly epoch: number;
}

/** Converts a record to column values. */
export function columnsOf(record: SessionRecord): RecordColumns {
  const { createdAt, touchedAt, expiresAt, revision, principal, attributes, epoch = 0 } = record;
  return {
    createdAt,
    touchedAt,
    expiresAt,
    revision,
    principal: principalColumn(principal),
    attributes: objectOf(attributes),
    epoch,
  };
}

/** The column values of a record, in the order of {@link RecordColumns}, without the epoch. */
export function valuesOf(record: SessionRecord): SqlValue[] {
  const { createdAt, touchedAt, expiresAt, revision, principal, attributes } = columnsOf(record);
  return [createdAt, touchedAt, expiresAt, revision, principal, attributes];
}

/**
 * The record in a row; `null` when no store wrote the row.
 *
 * @throws StoreError when the row lacks a column. Rows in a format of another client must not be read as
 * corrupt sessions: all users would be logged out.
 */
export function recordOf(row: SqlRow): SessionRecord | null {
  const record = {
    createdAt: integer(present(row, 'created_at')),
    touchedAt: integer(present(row, 'touched_at')),
    expiresAt: integer(present(row, 'expires_at')),
    revision: integer(present(row, 'revision')),
    attributes: attributesOf(present(row, 'attributes')),
    principal: principalIn(row),
    ...epochOf({ epoch: integer(present(row, 'epoch')) }),
  };
  return Number.isSafeInteger(record.revision) && isSessionRecord(record) ? record : null;
}

/** The key in a row. @throws StoreError when the row has no key. */
export function keyOf(row: SqlRow): SessionKey {
  return String(present(row, 'session_key')) as SessionKey;
}

/** The sessions in rows. Rows that cannot be read are left out. */
export function sessionsOf(rows: readonly SqlRow[]): StoredSession[] {
  const sessions: StoredSession[] = [];
  for (const row of rows) {
    const record = recordOf(row);
    if (record !== null) sessions.push({ key: keyOf(row), record });
  }
  return sessions;
}

/** Whether the epoch of a row is below the one of its realm, which `load` selects as `present_epoch`. */
export function isRevoked(row: SqlRow): boolean {
  return epochIn(row, 'epoch') < epochIn(row, 'present_epoch');
}

/** The number in a column of epochs; 0 when there is no row. */
export function epochIn(row: SqlRow | undefined, column = 'epoch'): number {
  return row === undefined ? 0 : integer(present(row, column));
}

/** A patch as values for a statement. */
export interface PatchColumns {
  readonly touchedAt: number;
  readonly expiresAt: number;
  readonly principal: { readonly from: string | null; readonly to: string | null };
  /** The increment of the revision. */
  readonly step: 0 | 1;
  /** Each change, with the encoded name of its attribute. */
  readonly changes: readonly (readonly [name: string, change: AttributeChange])[];
  /** Whether an attribute is set or removed. A touch does not write the attributes, which may be large. */
  readonly writesAttributes: boolean;
}

/** Converts a patch to values for a statement. */
export function patchColumnsOf(patch: SessionPatch): PatchColumns {
  const changes = [...patch.changes].map(([name, change]) => [encodeName(name), change] as const);
  return {
    touchedAt: patch.touchedAt,
    expiresAt: patch.expiresAt,
    principal: { from: principalColumn(patch.principal.from), to: principalColumn(patch.principal.to) },
    step: isChange(patch) ? 1 : 0,
    changes,
    writesAttributes: changes.some(([, { from, to }]) => from !== to),
  };
}

/** A JSON merge patch of the changes: `null` removes an attribute (RFC 7396). */
export function mergePatchOf({ changes }: PatchColumns): string {
  return jsonObject(changes.map(([name, { to }]) => [name, to]));
}

/** A JSON object of entries with encoded names, which JSON does not need to escape. */
export function jsonObject(entries: readonly (readonly [name: string, text: string | null])[]): string {
  return `{${entries.map(([name, text]) => `"${name}":${JSON.stringify(text)}`).join(',')}}`;
}

/** Converts a principal to its column value. */
export function principalColumn(principal: string | null): string | null {
  return principal === null ? null : encodePrincipal(principal);
}

/** Converts a realm to its column value: the name, or the hash of a name that is too long for an index. */
export function realmColumn(realm: string): string {
  const text = encodePrincipal(realm);
  if (Buffer.byteLength(text) <= MAX_REALM_BYTES) return text;
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** MySQL allows 255 bytes in its column. */
const MAX_REALM_BYTES = 200;

function principalIn({ principal }: SqlRow): unknown {
  if (principal === undefined) throw missingColumn('principal');
  return typeof principal === 'string' ? decodePrincipal(principal) : principal;
}

function present(row: SqlRow, column: string): unknown {
  const value = row[column] ?? null;
  if (value === null) throw missingColumn(column);
  return value;
}

function missingColumn(column: string): StoreError {
  return new StoreError(
    `The client returned a row without the column ${column}. ` +
      'The client of a store must return rows as objects with column names.',
  );
}

function objectOf(attributes: ReadonlyMap<string, string>): string {
  return jsonObject([...attributes].map(([name, text]) => [encodeName(name), text]));
}

function attributesOf(json: unknown): ReadonlyMap<string, string> | null {
  const texts = parseJson(json);
  if (typeof texts !== 'object' || texts === null || Array.isArray(texts)) return null;
  const attributes = new Map<string, string>();
  for (const [name, text] of Object.entries(texts)) attributes.set(decodeName(name), text as string);
  return attributes;
}

/** Some drivers return JSON columns parsed. */
function parseJson(json: unknown): unknown {
  if (typeof json !== 'string') return json;
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/** Drivers return a 64-bit integer as a number, a string or a bigint. */
function integer(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
}
