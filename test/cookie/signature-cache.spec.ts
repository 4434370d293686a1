import { rawCookieValues } from '../../lib/cookie/cookie-header.js';
import { signedValue, type Secret } from '../../lib/cookie/cookie-signature.js';
import { SignatureCache } from '../../lib/cookie/signature-cache.js';
import { newSessionId, type SessionId, sessionKey } from '../../lib/core/session-id.js';
import { usedHeap } from '../support/heap.js';

const [CURRENT, RETIRED, FOREIGN] = ['a current secret', 'a retired secret', 'a foreign secret'];
const SECRETS: readonly Secret[] = [CURRENT, RETIRED];

const idsOf = (secrets: readonly Secret[] = SECRETS) => new SignatureCache(secrets, sessionKey);
const sentBy = (id: SessionId, secret: Secret) => encodeURIComponent(signedValue(id, [secret]));
/** A cookie counts as often as it is sent: the first time it is verified, later it is known. */
const TIMES = [1, 2, 3];

/** An id whose signature has signs that are sent in percents. */
function idWithSigns(): SessionId {
  for (;;) {
    const id = newSessionId();
    if (/[+].*[/]|[/].*[+]/.test(signedValue(id, [CURRENT]))) return id;
  }
}

describe('VerifiedIds', () => {
  it('finds the id of a cookie, its key, and that the current secret signed it', () => {
    const ids = idsOf();
    const id = idWithSigns();
    for (const _ of TIMES) {
      const found = ids.candidatesIn([sentBy(id, CURRENT)]);
      expect(found).toEqual([expect.objectContaining({ id, key: sessionKey(id), current: true })]);
    }
  });

  it('finds it however it is written: quoted, with other percent signs, or with none', () => {
    const ids = idsOf();
    const id = idWithSigns();
    const sent = sentBy(id, CURRENT);
    const lower = sent.replaceAll(/%[0-9A-F]{2}/g, (sign) => sign.toLowerCase());
    for (const cookie of [sent, `"${sent}"`, lower, decodeURIComponent(sent), sent])
      expect(ids.candidatesIn([cookie])).toEqual([expect.objectContaining({ id, current: true })]);
  });

  it('refuses every other signature of an id that it knows', () => {
    const ids = idsOf();
    const id = idWithSigns();
    const sent = sentBy(id, CURRENT);
    const other = newSessionId();
    const forged = [
      sentBy(id, FOREIGN),
      sent.slice(0, -1),
      `${sent}A`,
      `${sent.slice(0, -1)}${sent.endsWith('A') ? 'B' : 'A'}`,
      sent.slice(0, sent.lastIndexOf('.') + 1),
      sent.slice(0, sent.lastIndexOf('.')),
      sent.replace(id, other),
      sentBy(other, CURRENT).replace(other, id),
    ];
    for (const _ of TIMES) {
      expect(ids.candidatesIn([sent])).toHaveLength(1);
      for (const cookie of forged) expect(ids.candidatesIn([cookie])).toEqual([]);
    }
  });

  it('finds every cookie whose signature holds, in their order, each id once (S-28)', () => {
    const [one, other] = [newSessionId(), newSessionId()];
    const junk = Array.from({ length: 31 }, () => sentBy(newSessionId(), FOREIGN));
    const cookies = [...junk.slice(4), sentBy(one, CURRENT), ...junk.slice(0, 4), sentBy(other, RETIRED)];
    for (const ids of [idsOf(), idsOf()]) {
      const found = ids.candidatesIn([...cookies, sentBy(one, RETIRED), sentBy(one, CURRENT)]);
      expect(found.map(({ id, current }) => [id, current])).toEqual([
        [one, true],
        [other, false],
      ]);
    }
  });

  it('takes percent signs in an id for what they stand for, known or not', () => {
    const ids = idsOf();
    const id = 'an-id-of-24-characters-%2B' as SessionId;
    for (const _ of TIMES) {
      expect(ids.candidatesIn([sentBy(id, CURRENT)])).toHaveLength(1);
      expect(ids.candidatesIn([sentBy(id, CURRENT).replace('%252B', '%2B')])).toEqual([]);
    }
  });

  it('tells a retired secret from the current one each time, in whatever order they come', () => {
    const ids = idsOf();
    const id = newSessionId();
    for (const secret of [RETIRED, RETIRED, CURRENT, RETIRED, CURRENT, CURRENT])
      expect(ids.candidatesIn([sentBy(id, secret)])).toEqual([
        expect.objectContaining({ id, current: secret === CURRENT }),
      ]);
  });

  it.each([
    ['nothing', null],
    ['the cookie of the current secret', CURRENT],
    ['the cookie of a retired secret', RETIRED],
  ])('signs with the current secret where it has seen %s', (_, seen) => {
    const ids = idsOf();
    const id = idWithSigns();
    if (seen !== null) ids.candidatesIn([sentBy(id, seen)]);
    expect(ids.signed(id)).toBe(sentBy(id, CURRENT));
  });

  it('signs ids of other alphabets as they are sent', () => {
    const id = 'an id of 24 signs/+%&=;?' as SessionId;
    for (const ids of [idsOf(), idsOf()]) {
      for (const _ of TIMES) expect(ids.signed(id)).toBe(sentBy(id, CURRENT));
    }
  });

  it('still knows what is right when it has forgotten the most', () => {
    const ids = idsOf();
    const first = newSessionId();
    expect(ids.candidatesIn([sentBy(first, CURRENT)])).toHaveLength(1);
    for (let others = 0; others < 20_001; others++) ids.candidatesIn([sentBy(newSessionId(), CURRENT)]);
    expect(ids.candidatesIn([sentBy(first, CURRENT)])).toEqual([expect.objectContaining({ id: first })]);
    expect(ids.candidatesIn([sentBy(first, FOREIGN)])).toEqual([]);
  });

  it('remembers an id without the Cookie header that it came in', () => {
    const ids = idsOf();
    const rest = 'x'.repeat(14_000);
    const before = usedHeap();
    let cookie = '';
    for (let count = 0; count < 3000; count++) {
      // Not encoded, as some clients send it: the value and the id can then be slices of the header.
      cookie = signedValue(newSessionId(), [CURRENT]);
      const header = Buffer.from(`sid=${cookie}; rest=${rest}`).toString('latin1');
      expect(ids.candidatesIn(rawCookieValues(header, 'sid'))).toHaveLength(1);
    }
    // The headers have 42 MB.
    expect(usedHeap() - before).toBeLessThan(10 * 2 ** 20);
    // Used once more, so that the ids are not collected themselves.
    expect(ids.candidatesIn([cookie])).toHaveLength(1);
  });
});
