import {
  isSessionRecord,
  NEVER,
  type SessionPatch,
  type SessionRecord,
} from '../../core/store/session-record.js';

/** The engine's fields of a hash. Fields of attributes begin with a quotation mark, see {@link textOf}. */
export const FIELDS = {
  version: 'v',
  createdAt: 'c',
  touchedAt: 't',
  expiresAt: 'e',
  principal: 'p',
  revision: 'r',
  epoch: 'g',
} as const;

/** Version of the layout of a record. */
export const FORMAT = '1';

/** How long Redis keeps a record after its expiry: clocks differ, and the clock of the engine decides. */
export const GRACE_MS = 5 * 60_000;

/** The same with the option `expiredEvents`: a sweep removes the record before that, and needs all of it. */
export const CLAIM_GRACE_MS = 60 * 60_000;

/**
 * Encodes an attribute name or a principal as JSON. So lone surrogates survive UTF-8, a name differs from
 * each of the engine's fields, and the empty string can mean `null`.
 */
export function textOf(text: string | null): string {
  return text === null ? '' : JSON.stringify(text);
}

/**
 * How long Redis keeps a record after a write, in milliseconds as text; `''` for no limit.
 *
 * A duration, not an instant, because the clocks of the server and of this machine may differ.
 */
export function timeToKeep(
  { touchedAt, expiresAt }: Pick<SessionPatch, 'touchedAt' | 'expiresAt'>,
  graceMs: number,
): string {
  return expiresAt >= NEVER ? '' : String(Math.max(expiresAt - touchedAt, 0) + graceMs);
}

/** A record as alternating fields and values, with its epoch or another one. */
export function encodeFields(record: SessionRecord, epoch = record.epoch ?? 0): string[] {
  const { createdAt, touchedAt, expiresAt, principal, revision, attributes } = record;
  const entries: string[] = [FIELDS.version, FORMAT];
  entries.push(FIELDS.createdAt, String(createdAt), FIELDS.revision, String(revision));
  entries.push(FIELDS.touchedAt, String(touchedAt), FIELDS.expiresAt, String(expiresAt));
  if (principal !== null) entries.push(FIELDS.principal, textOf(principal));
  if (epoch !== 0) entries.push(FIELDS.epoch, String(epoch));
  for (const [name, text] of attributes) entries.push(textOf(name), text);
  return entries;
}

/** The record in fields and values of {@link encodeFields}; `null` for anything else. */
export function decodeFields(entries: unknown): SessionRecord | null {
  if (!Array.isArray(entries)) return null;
  const own: Record<string, string> = {};
  const attributes = new Map<string, string>();
  try {
    for (let at = 0; at < entries.length; at += 2) {
      const field = String(entries[at]);
      const value = String(entries[at + 1]);
      if (field.startsWith('"')) attributes.set(JSON.parse(field) as string, value);
      else own[field] = value;
    }
    return recordOf(own, attributes);
  } catch {
    return null;
  }
}

function recordOf(
  own: Readonly<Record<string, string>>,
  attributes: ReadonlyMap<string, string>,
): SessionRecord | null {
  const { [FIELDS.principal]: principal, [FIELDS.epoch]: epoch } = own;
  const record = {
    createdAt: integer(own[FIELDS.createdAt]),
    touchedAt: integer(own[FIELDS.touchedAt]),
    expiresAt: integer(own[FIELDS.expiresAt]),
    revision: integer(own[FIELDS.revision]),
    principal: principal === undefined ? null : (JSON.parse(principal) as unknown),
    attributes,
    ...(epoch === undefined ? {} : { epoch: integer(epoch) }),
  };
  if (own[FIELDS.version] !== FORMAT || !Number.isSafeInteger(record.revision)) return null;
  return isSessionRecord(record) ? record : null;
}

/** `NaN` when the text is not an integer. */
function integer(text: string = ''): number {
  return /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
}
