/** What fills the places of a statement. */
export type SqlValue = string | number | null;

/** A statement: its text with the places of its dialect, and what fills them, in order. */
export interface SqlStatement {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** A row by the names of its columns. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** A database as a store uses it, whatever driver is behind it. */
export interface SqlClient {
  /** The rows that a statement finds. */
  read(statement: SqlStatement): Promise<readonly SqlRow[]>;
  /** How many rows a statement writes or removes. */
  write(statement: SqlStatement): Promise<number>;
  /** Lets go of what the store itself has opened; leaves alone what it was given. */
  close(): Promise<void>;
  /** Ends at once what `close` could not end in time: a socket to a silent server would keep the process. */
  destroy?(): void;
}
