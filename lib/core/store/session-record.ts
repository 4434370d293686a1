/** The last instant that a `Date` can hold: the expiry of a session without a limit. */
export const NEVER = 8_640_000_000_000_000;

/**
 * What a store holds for one key. All instants are epoch milliseconds.
 *
 * Attributes are JSON texts by name, so that an attribute that no request reads or changes is neither parsed
 * nor written. Names that begin with `$` belong to the engine; an application's name that begins with `$` is
 * stored with the `$` doubled. Stores treat all names alike.
 */
export interface SessionRecord {
  readonly createdAt: number;
  readonly touchedAt: number;
  /** The session has expired from this instant on, by the engine's clock. */
  readonly expiresAt: number;
  /** The user that the session belongs to; `null` while anonymous. */
  readonly principal: string | null;
  /** A store adds one with each patch that changes an attribute or the principal. */
  readonly revision: number;
  readonly attributes: ReadonlyMap<string, string>;
  /**
   * The counter of the realm when the session was created or logged in, see `SessionEpochs`. Absent while it
   * is 0.
   */
  readonly epoch?: number;
}

/**
 * One attribute, or the principal, before and after. `null` stands for absent. If both are equal, nothing
 * changes, and the patch conflicts with any other value.
 */
export interface AttributeChange {
  readonly from: string | null;
  readonly to: string | null;
}

/** Changes by stored name. */
export type Changes = ReadonlyMap<string, AttributeChange>;

/** No changes, as after most requests. */
export const NO_CHANGES: Changes = new Map();

/** The changes of one request to a record. Without changes it is a touch. */
export interface SessionPatch {
  readonly touchedAt: number;
  readonly expiresAt: number;
  /** The principal before and after: it conflicts as attributes do. */
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
 * Returns the record after a patch, or `null` if an attribute or the principal is no longer what the patch
 * was based on.
 *
 * It defines {@link SessionPatch}. A store of whole records can call it inside its transaction.
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
    ...epochOf(record),
  };
}

/** The epoch of a record as a part of another one: empty while it is 0. */
export function epochOf({ epoch }: Pick<SessionRecord, 'epoch'>): Pick<SessionRecord, 'epoch'> {
  return epoch === undefined || epoch === 0 ? {} : { epoch };
}

const RECORD_VERSION = 1;

/** A record as one line of text, for stores that keep text. */
export function encodeRecord(record: SessionRecord): string {
  const { createdAt, touchedAt, expiresAt, principal, revision, attributes, epoch = 0 } = record;
  const row = [RECORD_VERSION, createdAt, touchedAt, expiresAt, principal, revision, [...attributes]];
  return JSON.stringify(epoch === 0 ? row : [...row, epoch]);
}

/** Decodes a text of {@link encodeRecord}; `null` for any other text. */
export function decodeRecord(text: string): SessionRecord | null {
  try {
    return readRecord(JSON.parse(text));
  } catch {
    return null;
  }
}

function readRecord(row: unknown): SessionRecord | null {
  if (!Array.isArray(row) || (row.length !== 7 && row.length !== 8) || row[0] !== RECORD_VERSION) return null;
  const [, createdAt, touchedAt, expiresAt, principal, revision, entries, epoch] = row as unknown[];
  if (!Array.isArray(entries) || !entries.every(isTextEntry)) return null;
  if (!Number.isSafeInteger(revision)) return null;
  const attributes = new Map(entries);
  const record = { createdAt, touchedAt, expiresAt, principal, revision, attributes };
  const stamped = row.length === 8 ? { ...record, epoch } : record;
  return isSessionRecord(stamped) ? stamped : null;
}

/**
 * Whether a value of a store has the shape of a record. Only the first and last characters of attributes are
 * checked: that finds truncated texts and texts that are not JSON, and parsing all of them for every request
 * would be expensive.
 */
export function isSessionRecord(value: unknown): value is SessionRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Readonly<Record<keyof SessionRecord, unknown>>;
  // The revision is only compared, and some stores compute it on read.
  const { createdAt, touchedAt, expiresAt, principal, attributes, epoch } = record;
  if (epoch !== undefined && !(Number.isSafeInteger(epoch) && (epoch as number) > 0)) return false;
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

/** A copy of a map. The constructor of `Map` takes twice as long, since it makes an array of each entry. */
export function copyMap<K, V>(map: ReadonlyMap<K, V>): Map<K, V> {
  const copy = new Map<K, V>();
  for (const [key, value] of map) copy.set(key, value);
  return copy;
}
