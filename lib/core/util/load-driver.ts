/**
 * What a package is loaded with, and the words for it where it is missing.
 *
 * @throws Error that says how to install the package; the one of the package itself where it is there and fails.
 */
export function loadDriver<T>(store: string, name: string, load: () => unknown): T {
  try {
    return load() as T;
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
    throw new Error(`The ${store} needs the package ${name}. Install it with: npm install ${name}`, {
      cause,
    });
  }
}

/** Whether a package is not installed at all. */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND';
}
