/** An error in the store's own words: they hold no key, no value and no password, so it reaches the application as it is. */
export class SqlStoreError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SqlStoreError';
  }
}
