/** An error that is printed as its message, without a stack. */
export class PlainError extends Error {
  override readonly name = 'PlainError';
}
