/**
 * Functions that load packages, by package name. One may return `null` when its package cannot be used here.
 */
export type DriverLoaders<T> = Readonly<Record<string, () => T | null>>;

/**
 * Loads the first of these packages that is installed.
 *
 * @throws Error that names the packages, and the one to install. An error of an installed package is thrown
 * as it is.
 */
export function loadDriver<T>(
  store: string,
  loaders: DriverLoaders<T>,
  recommended: string = Object.keys(loaders)[0]!,
): T {
  let cause: unknown;
  for (const load of Object.values(loaders)) {
    try {
      const driver = load();
      if (driver !== null) return driver;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
      cause ??= error;
    }
  }
  throw new Error(
    `The ${store} needs the package ${Object.keys(loaders).join(' or ')}. ` +
      `Install it with: npm install ${recommended}`,
    { cause },
  );
}
