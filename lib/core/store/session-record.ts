/** The last instant that a `Date` can hold: the expiry of a session that nothing ends. */
export const NEVER = 8_640_000_000_000_000;

/**
 * What a store holds for one key. All instants are epoch milliseconds.
 *
 * Attributes are JSON text by name, so that a store writes what it is given and one that nobody touched
 * is neither parsed nor written again. Names that begin with `$` are the engine's own; an application's
 * name that does is stored with the `$` doubled, and no store needs to know.
 */
export interface SessionRecord {
  readonly createdAt: number;
  readonly touchedAt: number;
  /** The session is over from this instant on. The engine decides that by its own clock; a store may use it to clean up. */
  readonly expiresAt: number;
  /** Whose session it is; `null` while nobody is logged in. */
  readonly principal: string | null;
  /** Which state of the session this is: a store adds one with each patch that changes an attribute or the principal. */
  readonly revision: number;
  readonly attributes: ReadonlyMap<string, string>;
}

/**
 * One attribute, or the principal, before and after. `null` stands for absent. Where both are equal, nothing is changed: the
 * patch merely insists that it is still so.
 */
export interface AttributeChange {
  readonly from: string | null;
  readonly to: string | null;
}

/** Changes by stored name. */
export type Changes = ReadonlyMap<string, AttributeChange>;

/** What most requests leave behind. */
export const NO_CHANGES: Changes = new Map();

/** What one request wants to change in a record. Without changes it is a touch. */
export interface SessionPatch {
  readonly touchedAt: number;
  readonly expiresAt: number;
  /** Whose session it was and is: insisted on as attributes are. */
  readonly principal: AttributeChange;
  readonly changes: ReadonlyMap<string, AttributeChange>;
}

/** Whether a patch changes more than the expiry. */
export function isChange({ principal, changes }: SessionPatch): boolean {
  if (principal.from !== principal.to) return true;
  for (const { from, to } of changes.values()) if (from !== to) return true;
  return false;
}

/**
 * The record after a patch, or `null` where an attribute, or the principal, is no longer what the patch was based on.
 *
 * This is the meaning of {@link SessionPatch}; a store that holds whole records can call it inside its transaction.
 */
export function applyPatch(record: SessionRecord, patch: SessionPatch): SessionRecord | null {
  if (record.principal !== patch.principal.from) return null;
  for (const [name, change] of patch.changes) {
    if ((record.attributes.get(name) ?? null) !== change.from) return null;
  }
  const attributes = copyMap(record.attributes);
  for (const [name, change] of patch.changes) {
    if (change.to === null) attributes.delete(name);
    else attributes.set(name, change.to);
  }
  return {
    createdAt: record.createdAt,
    touchedAt: patch.touchedAt,
    expiresAt: patch.expiresAt,
    principal: patch.principal.to,
    revision: record.revision + (isChange(patch) ? 1 : 0),
    attributes,
  };
}

const RECORD_VERSION = 1;

/** A record as one line of text, for stores that hold text. */
export function encodeRecord(record: SessionRecord): string {
  const { createdAt, touchedAt, expiresAt, principal, revision, attributes } = record;
  return JSON.stringify([
    RECORD_VERSION,
    createdAt,
    touchedAt,
    expiresAt,
    principal,
    revision,
    [...attributes],
  ]);
}

/** The record in a text that {@link encodeRecord} made; `null` where the text is anything else. */
export function decodeRecord(text: string): SessionRecord | null {
  try {
    return readRecord(JSON.parse(text));
  } catch {
    return null;
  }
}

function readRecord(row: unknown): SessionRecord | null {
  if (!Array.isArray(row) || row.length !== 7 || row[0] !== RECORD_VERSION) return null;
  const [, createdAt, touchedAt, expiresAt, principal, revision, entries] = row as unknown[];
  if (!Array.isArray(entries) || !entries.every(isTextEntry)) return null;
  if (!Number.isSafeInteger(revision)) return null;
  const record = { createdAt, touchedAt, expiresAt, principal, revision, attributes: new Map(entries) };
  return isSessionRecord(record) ? record : null;
}

/**
 * Whether something that a store gave has the shape of a record. The texts of attributes are looked at from outside only:
 * what was cut off or never was JSON shows there, and parsing each for every request would cost more than it is worth.
 */
export function isSessionRecord(value: unknown): value is SessionRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Readonly<Record<keyof SessionRecord, unknown>>;
  // The revision is only compared, and some stores work it out when they are asked.
  const { createdAt, touchedAt, expiresAt, principal, attributes } = record;
  if (!Number.isSafeInteger(createdAt) || !Number.isSafeInteger(touchedAt)) return false;
  if (!Number.isSafeInteger(expiresAt)) return false;
  if (principal !== null && typeof principal !== 'string') return false;
  if (!(attributes instanceof Map)) return false;
  for (const [name, text] of attributes) {
    if (typeof name !== 'string' || typeof text !== 'string' || !looksLikeJson(text)) return false;
  }
  return true;
}

function looksLikeJson(padded: string): boolean {
  // Most texts begin and end with a quote.
  if (padded.charCodeAt(0) === QUOTE && padded.charCodeAt(padded.length - 1) === QUOTE && padded.length > 1)
    return true;
  const text = padded.trim();
  const last = text.charAt(text.length - 1);
  switch (text.charAt(0)) {
    case '{':
      return last === '}';
    case '[':
      return last === ']';
    case '"':
      return last === '"' && text.length > 1;
    default:
      return /^(true|false|null|-?[0-9][0-9.eE+-]*)$/.test(text);
  }
}

const QUOTE = 0x22;

const isTextEntry = (entry: unknown): entry is [string, string] =>
  Array.isArray(entry) && entry.length === 2 && entry.every((part) => typeof part === 'string');

/** A map with the same entries. Entry by entry: the constructor makes an array of each, and takes twice as long. */
export function copyMap<K, V>(map: ReadonlyMap<K, V>): Map<K, V> {
  const copy = new Map<K, V>();
  for (const [key, value] of map) copy.set(key, value);
  return copy;
}
