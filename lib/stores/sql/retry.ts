/** A statement that others made fail is tried so often: with a full pool of connections each try lets one of them through. */
const MOST_TRIES = 30;

/** For what a database undoes because others were at the same rows: nothing has happened then, and it may be tried again. */
export async function retry<T>(isTransient: (error: unknown) => boolean, work: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await work();
    } catch (error) {
      if (tried === MOST_TRIES || !isTransient(error)) throw error;
    }
  }
}
