import {
  isSessionRecord,
  NEVER,
  type SessionPatch,
  type SessionRecord,
} from '../../core/store/session-record.js';

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
  let format = '';
  let createdAt = Number.NaN;
  let touchedAt = Number.NaN;
  let expiresAt = Number.NaN;
  let revision = Number.NaN;
  let principal: unknown = null;
  const attributes = new Map<string, string>();
  try {
    for (let at = 0; at < words.length; at += 2) {
      const field = String(words[at]);
      const value = String(words[at + 1]);
      switch (field) {
        case FIELDS.version:
          format = value;
          break;
        case FIELDS.createdAt:
          createdAt = wholeNumber(value);
          break;
        case FIELDS.touchedAt:
          touchedAt = wholeNumber(value);
          break;
        case FIELDS.expiresAt:
          expiresAt = wholeNumber(value);
          break;
        case FIELDS.revision:
          revision = wholeNumber(value);
          break;
        case FIELDS.principal:
          principal = JSON.parse(value);
          break;
        default:
          if (field.startsWith('"')) attributes.set(JSON.parse(field) as string, value);
      }
    }
  } catch {
    return null;
  }
  if (format !== FORMAT || !Number.isSafeInteger(revision)) return null;
  const record = { createdAt, touchedAt, expiresAt, principal, revision, attributes };
  return isSessionRecord(record) ? record : null;
}

/** Whatever the engine makes of numbers that are none. */
function wholeNumber(text: string): number {
  return /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
}
