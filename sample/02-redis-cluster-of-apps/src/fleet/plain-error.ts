/** An error whose message tells the person at the terminal all there is to know. */
export class PlainError extends Error {
  override readonly name = 'PlainError';
}
