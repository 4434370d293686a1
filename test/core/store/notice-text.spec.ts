import { checkNotice } from '../../../lib/core/store/notice-text.js';

describe('checkNotice', () => {
  it.each(['', 'x'.repeat(4096), '😀'.repeat(1024), 'line\r\n\t'])(
    'accepts a text that stores can send',
    (text) => {
      expect(() => checkNotice(text)).not.toThrow();
    },
  );

  it.each([
    ['x'.repeat(4097), RangeError, /at most 4096 bytes of UTF-8, got 4097\. Send several\.$/],
    ['€'.repeat(1366), RangeError, /got 4098/],
    ['secret\0', TypeError, /must not contain U\+0000 or lone surrogates\. Encode it/],
    ['secret\ud83d', TypeError, /must not contain/],
    ['\ude00secret', TypeError, /must not contain/],
    [Buffer.from('secret'), TypeError, /must be a string, got an instance of Buffer/],
    [undefined, TypeError, /must be a string, got undefined/],
  ])('refuses other values with an error that does not show them', (notice, type, message) => {
    const check = (): void => checkNotice(notice);
    expect(check).toThrow(type);
    expect(check).toThrow(message);
    expect(check).not.toThrow(/secret/);
  });
});
