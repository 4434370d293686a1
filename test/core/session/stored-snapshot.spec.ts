import { patchedSnapshot, snapshotOf } from '../../../lib/core/session/stored-snapshot.js';
import type { SessionKey } from '../../../lib/core/session-id.js';
import type { AttributeChange, SessionRecord } from '../../../lib/core/store/session-record.js';

const KEY = 'key' as SessionKey;
const RECORD: SessionRecord = {
  createdAt: 1,
  touchedAt: 2,
  expiresAt: 3,
  principal: null,
  revision: 4,
  attributes: new Map([
    ['n', '1'],
    ['$cookie', '{"path":"/a"}'],
  ]),
};
const UNCHANGED = { from: '{"path":"/a"}', to: '{"path":"/a"}' };

const patched = (changes: Record<string, AttributeChange>, principal: string | null = null) =>
  patchedSnapshot(
    { ...snapshotOf(KEY, RECORD, true), isTouched: true },
    {
      touchedAt: 20,
      expiresAt: 30,
      principal: { from: null, to: principal },
      changes: new Map(Object.entries(changes)),
    },
    RECORD,
  );

describe('a snapshot', () => {
  it('has the cookie settings and the lifetime of the record, or null', () => {
    expect(snapshotOf(KEY, RECORD, false)).toEqual({
      key: KEY,
      record: RECORD,
      cookieSettings: '{"path":"/a"}',
      lifetime: null,
      hasNewId: false,
      isTouched: false,
    });
    expect(snapshotOf(KEY, { ...RECORD, attributes: new Map() }, false).cookieSettings).toBeNull();
  });

  it('keeps the revision after a patch that is only a touch, and needs no further touch', () => {
    const { record, isTouched, hasNewId } = patched({ $cookie: UNCHANGED });
    expect(record).toEqual({ ...RECORD, touchedAt: 20, expiresAt: 30 });
    expect([isTouched, hasNewId]).toEqual([false, true]);
  });

  it('has the next revision after a patch that changes an attribute or the principal', () => {
    expect(patched({ $cookie: UNCHANGED, n: { from: '1', to: '2' } }).record.revision).toBe(5);
    expect(patched({ $cookie: UNCHANGED }, 'u1').record).toMatchObject({ revision: 5, principal: 'u1' });
  });

  it('has the cookie settings and the lifetime of the patch', () => {
    expect(patched({ $cookie: { from: UNCHANGED.from, to: null } }).cookieSettings).toBeNull();
    const set = patched({ $cookie: UNCHANGED, $lifetime: { from: null, to: '{"idle":1}' } });
    expect(set.lifetime).toBe('{"idle":1}');
    expect(set.record.attributes.get('$lifetime')).toBe('{"idle":1}');
    expect(patched({ $cookie: UNCHANGED }).lifetime).toBeNull();
  });
});
