const MARK = 'nest-session schema';

/** The comment of a table that says in which form it is. */
export function versionComment(version: number): string {
  return `${MARK} ${version}`;
}

/** The form of a table by its comment; 0 where it has none of ours, or is not there. */
export function versionInComment(comment: unknown): number {
  const text = Buffer.isBuffer(comment) ? comment.toString() : comment;
  const match = typeof text === 'string' ? new RegExp(`${MARK} (\\d+)`).exec(text) : null;
  return Number(match?.[1] ?? 0);
}
