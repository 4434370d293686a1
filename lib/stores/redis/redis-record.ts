import { isSessionRecord, NEVER, type SessionPatch, type SessionRecord } from '../../core/session-record.js';

/** The fields of a hash that are the engine's own. Those of attributes begin with a quotation mark, see {@link textOf}. */
export const FIELDS = {
  version: 'v',
  createdAt: 'c',
  touchedAt: 't',
  expiresAt: 'e',
  principal: 'p',
  revision: 'r',
} as const;

/** Another way of laying a record out would have another number here. */
export const FORMAT = '1';

/**
 * How long a record stays after it is over, since clocks differ: the engine decides by its own whether it is. Milliseconds.
 */
export const GRACE_MS = 5 * 60_000;

/**
 * A name or a principal as JSON text: then also lone surrogates survive UTF-8, no field of the engine's can be meant, and
 * the empty text is left to stand for absent.
 */
export function textOf(text: string | null): string {
  return text === null ? '' : JSON.stringify(text);
}

/**
 * How long Redis must keep what was written at one instant and is over at another; the empty text for ever. Milliseconds.
 *
 * A span, not an instant: the clocks of the server and of this machine may differ by any time.
 */
export function keptFor({ touchedAt, expiresAt }: Pick<SessionPatch, 'touchedAt' | 'expiresAt'>): string {
  return expiresAt >= NEVER ? '' : String(Math.max(expiresAt - touchedAt, 0) + GRACE_MS);
}

/** A record as fields and values, in turn. */
export function encodeFields(record: SessionRecord): string[] {
  const { createdAt, touchedAt, expiresAt, principal, revision, attributes } = record;
  const words: string[] = [FIELDS.version, FORMAT];
  words.push(FIELDS.createdAt, String(createdAt), FIELDS.revision, String(revision));
  words.push(FIELDS.touchedAt, String(touchedAt), FIELDS.expiresAt, String(expiresAt));
  if (principal !== null) words.push(FIELDS.principal, textOf(principal));
  for (const [name, text] of attributes) words.push(textOf(name), text);
  return words;
}

/** The record in fields and values that {@link encodeFields} made; `null` where they are anything else. */
export function decodeFields(words: unknown): SessionRecord | null {
  if (!Array.isArray(words)) return null;
  const engine = new Map<string, string>();
  const attributes = new Map<string, string>();
  try {
    for (let at = 0; at < words.length; at += 2) {
      const [field, value] = [String(words[at]), String(words[at + 1])];
      if (field.startsWith('"')) attributes.set(JSON.parse(field) as string, value);
      else engine.set(field, value);
    }
    return recordOf(engine, attributes);
  } catch {
    return null;
  }
}

function recordOf(
  engine: ReadonlyMap<string, string>,
  attributes: ReadonlyMap<string, string>,
): SessionRecord | null {
  if (engine.get(FIELDS.version) !== FORMAT) return null;
  const numberOf = (field: string): number => {
    const text = engine.get(field) ?? '';
    return /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  };
  const principal = engine.get(FIELDS.principal);
  const record = {
    createdAt: numberOf(FIELDS.createdAt),
    touchedAt: numberOf(FIELDS.touchedAt),
    expiresAt: numberOf(FIELDS.expiresAt),
    principal: principal === undefined ? null : (JSON.parse(principal) as unknown),
    revision: numberOf(FIELDS.revision),
    attributes,
  };
  // Whatever the engine makes of numbers that are none.
  const isWhole = [record.createdAt, record.touchedAt, record.expiresAt, record.revision].every(
    Number.isSafeInteger,
  );
  return isWhole && isSessionRecord(record) ? record : null;
}
