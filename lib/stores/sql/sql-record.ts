import type { SessionKey } from '../../core/session-id.js';
import {
  type AttributeChange,
  isChange,
  isSessionRecord,
  type SessionPatch,
  type SessionRecord,
} from '../../core/store/session-record.js';
import { decodeName, decodePrincipal, encodeName, encodePrincipal } from './identifier-encoding.js';
import type { SqlRow } from './sql-client.js';
import { StoreError } from '../../core/util/store-error.js';

/** The columns that {@link recordOf} reads beside `attributes`. */
export const RECORD_COLUMNS = 'created_at, touched_at, expires_at, revision, principal';

/** What a record is in a row, by column. */
export interface RecordColumns {
  readonly createdAt: number;
  readonly touchedAt: number;
  readonly expiresAt: number;
  readonly revision: number;
  readonly principal: string | null;
  /** One JSON object of safe names and JSON texts. The texts are strings in it, so that no database rewrites them. */
  readonly attributes: string;
}

/** A record as the columns of a row. */
export function columnsOf(record: SessionRecord): RecordColumns {
  const { createdAt, touchedAt, expiresAt, revision, principal, attributes } = record;
  return {
    createdAt,
    touchedAt,
    expiresAt,
    revision,
    principal: principalColumn(principal),
    attributes: objectOf(attributes),
  };
}

/**
 * The record in a row; `null` where the row is not one that a store wrote.
 *
 * @throws StoreError where the row lacks a column: a client that gives rows in another form must not pass for sessions
 * that are broken, or everybody would be logged out.
 */
export function recordOf(row: SqlRow): SessionRecord | null {
  const record = {
    createdAt: integer(present(row, 'created_at')),
    touchedAt: integer(present(row, 'touched_at')),
    expiresAt: integer(present(row, 'expires_at')),
    revision: integer(present(row, 'revision')),
    attributes: attributesOf(present(row, 'attributes')),
    principal: principalIn(row),
  };
  return Number.isSafeInteger(record.revision) && isSessionRecord(record) ? record : null;
}

/** The key in a row. @throws StoreError where it is not there. */
export function keyOf(row: SqlRow): SessionKey {
  return String(present(row, 'session_key')) as SessionKey;
}

/** What a patch is for a statement. */
export interface PatchColumns {
  readonly touchedAt: number;
  readonly expiresAt: number;
  readonly principal: { readonly from: string | null; readonly to: string | null };
  /** What is added to the revision. */
  readonly step: 0 | 1;
  /** Each change by its safe name. */
  readonly changes: readonly (readonly [name: string, change: AttributeChange])[];
  /** Whether an attribute gets another text or goes. A touch leaves the attributes where they lie, however large. */
  readonly writesAttributes: boolean;
}

/** A patch for a statement. */
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

/** One JSON object of what changes become: RFC 7396 has it that `null` removes. */
export function mergePatchOf({ changes }: PatchColumns): string {
  return jsonObject(changes.map(([name, { to }]) => [name, to]));
}

/** One JSON object of entries whose names are safe: no name has anything in it that JSON would escape. */
export function jsonObject(entries: readonly (readonly [name: string, text: string | null])[]): string {
  return `{${entries.map(([name, text]) => `"${name}":${JSON.stringify(text)}`).join(',')}}`;
}

/** A principal as its column holds it. */
export function principalColumn(principal: string | null): string | null {
  return principal === null ? null : encodePrincipal(principal);
}

function principalIn({ principal }: SqlRow): unknown {
  if (principal === undefined) throw lacking('principal');
  return typeof principal === 'string' ? decodePrincipal(principal) : principal;
}

function present(row: SqlRow, column: string): unknown {
  const value = row[column] ?? null;
  if (value === null) throw lacking(column);
  return value;
}

function lacking(column: string): StoreError {
  return new StoreError(
    `A row came without the column ${column}. The client of a store must give rows as objects, with the names of columns.`,
  );
}

function objectOf(attributes: ReadonlyMap<string, string>): string {
  return jsonObject([...attributes].map(([name, text]) => [encodeName(name), text]));
}

function attributesOf(json: unknown): ReadonlyMap<string, string> | null {
  const held = parsed(json);
  if (typeof held !== 'object' || held === null || Array.isArray(held)) return null;
  const attributes = new Map<string, string>();
  for (const [name, text] of Object.entries(held)) attributes.set(decodeName(name), text as string);
  return attributes;
}

/** Some drivers have parsed JSON before anyone sees it. */
function parsed(json: unknown): unknown {
  if (typeof json !== 'string') return json;
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/** Drivers give a whole number of 64 bits as a number, a text or a bigint. */
function integer(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
}
