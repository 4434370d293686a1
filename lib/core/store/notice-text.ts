import { describeKind } from '../util/describe-value.js';

/** Largest size of a notice. Bytes of UTF-8; PostgreSQL allows less than 8000. */
const MOST_BYTES = 4096;

/** What databases or UTF-8 cannot represent: U+0000 and half of a surrogate pair. */
const UNSENDABLE = /\0|\p{Surrogate}/u;

/** @throws TypeError or RangeError for a text that not every store can send. It does not show the text. */
export function checkNotice(notice: unknown): void {
  if (typeof notice !== 'string')
    throw new TypeError(`A notice must be a string, got ${describeKind(notice)}.`);
  const bytes = Buffer.byteLength(notice);
  if (bytes > MOST_BYTES)
    throw new RangeError(
      `A notice must have at most ${MOST_BYTES} bytes of UTF-8, got ${bytes}. Send several.`,
    );
  if (UNSENDABLE.test(notice))
    throw new TypeError('A notice must not contain U+0000 or lone surrogates. Encode it, such as by base64.');
}
