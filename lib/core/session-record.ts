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
  readonly attributes: ReadonlyMap<string, string>;
}

/**
 * One attribute before and after. `null` stands for absent. Where both are equal, nothing is changed: the
 * patch merely insists that it is still so.
 */
export interface AttributeChange {
  readonly from: string | null;
  readonly to: string | null;
}

/** What one request wants to change in a record. Without changes it is a touch. */
export interface SessionPatch {
  readonly touchedAt: number;
  readonly expiresAt: number;
  readonly changes: ReadonlyMap<string, AttributeChange>;
}

/**
 * The record after a patch, or `null` where an attribute is no longer what the patch was based on.
 *
 * This is the meaning of {@link SessionPatch}; a store that holds whole records can call it inside its transaction.
 */
export function applyPatch(record: SessionRecord, patch: SessionPatch): SessionRecord | null {
  for (const [name, change] of patch.changes) {
    if ((record.attributes.get(name) ?? null) !== change.from) return null;
  }
  const attributes = new Map(record.attributes);
  for (const [name, change] of patch.changes) {
    if (change.to === null) attributes.delete(name);
    else attributes.set(name, change.to);
  }
  return { ...record, touchedAt: patch.touchedAt, expiresAt: patch.expiresAt, attributes };
}

const RECORD_VERSION = 1;

/** A record as one line of text, for stores that hold text. */
export function encodeRecord(record: SessionRecord): string {
  const { createdAt, touchedAt, expiresAt, principal } = record;
  return JSON.stringify([RECORD_VERSION, createdAt, touchedAt, expiresAt, principal, [...record.attributes]]);
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
  if (!Array.isArray(row) || row.length !== 6 || row[0] !== RECORD_VERSION) return null;
  const [, createdAt, touchedAt, expiresAt, principal, entries] = row as unknown[];
  if (!isInstant(createdAt) || !isInstant(touchedAt) || !isInstant(expiresAt)) return null;
  if (principal !== null && typeof principal !== 'string') return null;
  if (!Array.isArray(entries) || !entries.every(isTextEntry)) return null;
  return { createdAt, touchedAt, expiresAt, principal, attributes: new Map(entries) };
}

const isInstant = (value: unknown): value is number => Number.isSafeInteger(value);

const isTextEntry = (entry: unknown): entry is [string, string] =>
  Array.isArray(entry) && entry.length === 2 && entry.every((part) => typeof part === 'string');
