import { rawCookieValues } from '../../lib/cookie/cookie-header.js';
import { signedValue, type Secret } from '../../lib/cookie/cookie-signature.js';
import { SignatureCache } from '../../lib/cookie/signature-cache.js';
import { newSessionId, type SessionId, sessionKey } from '../../lib/core/session-id.js';
import { usedHeap } from '../support/heap.js';

const [CURRENT, RETIRED, UNKNOWN] = ['a current secret', 'a retired secret', 'an unknown secret'];
const SECRETS: readonly Secret[] = [CURRENT, RETIRED];

const cacheOf = (secrets: readonly Secret[] = SECRETS) => new SignatureCache(secrets, sessionKey);
const sentBy = (id: SessionId, secret: Secret) => encodeURIComponent(signedValue(id, [secret]));
/** Each cookie is sent several times: it is verified the first time, and cached later. */
const TIMES = [1, 2, 3];

/** An id whose signature has characters that are percent-encoded. */
function idWithEscapes(): SessionId {
  for (;;) {
    const id = newSessionId();
    if (/[+].*[/]|[/].*[+]/.test(signedValue(id, [CURRENT]))) return id;
  }
}

describe('SignatureCache', () => {
  it('returns the id of a cookie, its key, and whether the current secret signed it', () => {
    const cache = cacheOf();
    const id = idWithEscapes();
    for (const _ of TIMES) {
      const found = cache.candidatesIn([sentBy(id, CURRENT)]);
      expect(found).toEqual([expect.objectContaining({ id, key: sessionKey(id), current: true })]);
    }
  });

  it('accepts any encoding: quoted, lower-case percent escapes, or none', () => {
    const cache = cacheOf();
    const id = idWithEscapes();
    const sent = sentBy(id, CURRENT);
    const lower = sent.replaceAll(/%[0-9A-F]{2}/g, (sign) => sign.toLowerCase());
    for (const cookie of [sent, `"${sent}"`, lower, decodeURIComponent(sent), sent])
      expect(cache.candidatesIn([cookie])).toEqual([expect.objectContaining({ id, current: true })]);
  });

  it('rejects any other signature of a cached id', () => {
    const cache = cacheOf();
    const id = idWithEscapes();
    const sent = sentBy(id, CURRENT);
    const other = newSessionId();
    const forged = [
      sentBy(id, UNKNOWN),
      sent.slice(0, -1),
      `${sent}A`,
      `${sent.slice(0, -1)}${sent.endsWith('A') ? 'B' : 'A'}`,
      sent.slice(0, sent.lastIndexOf('.') + 1),
      sent.slice(0, sent.lastIndexOf('.')),
      sent.replace(id, other),
      sentBy(other, CURRENT).replace(other, id),
    ];
    for (const _ of TIMES) {
      expect(cache.candidatesIn([sent])).toHaveLength(1);
      for (const cookie of forged) expect(cache.candidatesIn([cookie])).toEqual([]);
    }
  });

  it('returns all cookies with a valid signature in order, each id once (S-28)', () => {
    const [one, other] = [newSessionId(), newSessionId()];
    const junk = Array.from({ length: 31 }, () => sentBy(newSessionId(), UNKNOWN));
    const cookies = [...junk.slice(4), sentBy(one, CURRENT), ...junk.slice(0, 4), sentBy(other, RETIRED)];
    for (const cache of [cacheOf(), cacheOf()]) {
      const found = cache.candidatesIn([...cookies, sentBy(one, RETIRED), sentBy(one, CURRENT)]);
      expect(found.map(({ id, current }) => [id, current])).toEqual([
        [one, true],
        [other, false],
      ]);
    }
  });

  it('decodes percent escapes in an id, cached or not', () => {
    const cache = cacheOf();
    const id = 'an-id-of-24-characters-%2B' as SessionId;
    for (const _ of TIMES) {
      expect(cache.candidatesIn([sentBy(id, CURRENT)])).toHaveLength(1);
      expect(cache.candidatesIn([sentBy(id, CURRENT).replace('%252B', '%2B')])).toEqual([]);
    }
  });

  it('distinguishes retired and current secrets in any order', () => {
    const cache = cacheOf();
    const id = newSessionId();
    for (const secret of [RETIRED, RETIRED, CURRENT, RETIRED, CURRENT, CURRENT])
      expect(cache.candidatesIn([sentBy(id, secret)])).toEqual([
        expect.objectContaining({ id, current: secret === CURRENT }),
      ]);
  });

  it.each([
    ['no cookie', null],
    ['the cookie of the current secret', CURRENT],
    ['the cookie of a retired secret', RETIRED],
  ])('signs with the current secret after it has verified %s', (_, seen) => {
    const cache = cacheOf();
    const id = idWithEscapes();
    if (seen !== null) cache.candidatesIn([sentBy(id, seen)]);
    expect(cache.signed(id)).toBe(sentBy(id, CURRENT));
  });

  it('encodes ids with any characters', () => {
    const id = 'an id of 24 signs/+%&=;?' as SessionId;
    for (const cache of [cacheOf(), cacheOf()]) {
      for (const _ of TIMES) expect(cache.signed(id)).toBe(sentBy(id, CURRENT));
    }
  });

  it('still verifies ids that were evicted', () => {
    const cache = cacheOf();
    const first = newSessionId();
    expect(cache.candidatesIn([sentBy(first, CURRENT)])).toHaveLength(1);
    for (let others = 0; others < 20_001; others++) cache.candidatesIn([sentBy(newSessionId(), CURRENT)]);
    expect(cache.candidatesIn([sentBy(first, CURRENT)])).toEqual([expect.objectContaining({ id: first })]);
    expect(cache.candidatesIn([sentBy(first, UNKNOWN)])).toEqual([]);
  });

  it('does not keep the Cookie header of a cached id in memory', () => {
    const cache = cacheOf();
    const rest = 'x'.repeat(14_000);
    const before = usedHeap();
    let cookie = '';
    for (let count = 0; count < 3000; count++) {
      // Not encoded, as some clients send it: the value and the id can then be slices of the header.
      cookie = signedValue(newSessionId(), [CURRENT]);
      const header = Buffer.from(`sid=${cookie}; rest=${rest}`).toString('latin1');
      expect(cache.candidatesIn(rawCookieValues(header, 'sid'))).toHaveLength(1);
    }
    // All headers together have 42 MB.
    expect(usedHeap() - before).toBeLessThan(10 * 2 ** 20);
    // Keeps the cache alive until here.
    expect(cache.candidatesIn([cookie])).toHaveLength(1);
  });
});
