/** What a response calls to store a session of its request. */
export interface CommitHooks {
  /** Stores the session. Called at the first output and at the end of a stream. May throw or reject. */
  commit(): unknown;
  /** Whether {@link writeHeaders} has headers to write. */
  readonly hasHeaders: boolean;
  /** Writes cookie and cache headers, just before the head is sent. */
  writeHeaders(): void;
  /** Deletes a session that this request created: the client left without its cookie. Never throws. */
  undelivered(): void;
  /**
   * Passes the error of a failed commit to the application, which then sends an error response: its complete
   * response was dropped. Returns `false` if the application cannot respond; the gate responds then.
   */
  answer(error: unknown): boolean;
  /** Reports the error of a failed commit in the middle of a response. Never throws. */
  report(error: unknown): void;
  /** The HTTP status for an error. */
  statusOf(error: unknown): number;
}

/** Commits all sessions of a request. Never throws: the result is a promise that rejects instead. */
export function commitAll(sessions: readonly CommitHooks[]): unknown {
  try {
    if (sessions.length === 1) return sessions[0]!.commit();
    const commits = sessions.map((session) => commitAll([session]));
    return commits.some((commit) => commit instanceof Promise) ? allSettled(commits) : undefined;
  } catch (error) {
    return rejected(error);
  }
}

/** Waits for all, also after one has failed. Rejects with the first error. */
async function allSettled(commits: readonly unknown[]): Promise<void> {
  for (const result of await Promise.allSettled(commits))
    if (result.status === 'rejected') throw result.reason;
}

async function rejected(error: unknown): Promise<never> {
  throw error;
}
