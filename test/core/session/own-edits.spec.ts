import {
  editOwn,
  editsAfterPatch,
  editsAfterWrite,
  withOwnChanges,
} from '../../../lib/core/session/own-edits.js';
import type { CookieState } from '../../../lib/core/session/cookie-state.js';
import type { OwnEdits } from '../../../lib/core/session/own-edits.js';
import { snapshotOf } from '../../../lib/core/session/stored-snapshot.js';
import type { SessionKey } from '../../../lib/core/session-id.js';
import { NO_CHANGES, type Changes, type SessionRecord } from '../../../lib/core/store/session-record.js';

const recordWith = (attributes: Record<string, string>): SessionRecord => ({
  createdAt: 0,
  touchedAt: 0,
  expiresAt: 1,
  principal: null,
  revision: 0,
  attributes: new Map(Object.entries(attributes)),
});
const unchanged = { differsFrom: () => false, settings: null } as unknown as CookieState;
const stateOf = (attributes: Record<string, string> | null) => ({
  edits: null as OwnEdits | null,
  stored: attributes === null ? null : snapshotOf('key' as SessionKey, recordWith(attributes)),
  cookie: unchanged,
  moving: null,
  own: null,
});

describe('editOwn()', () => {
  it('is a change from what the store holds to the last text that was set', () => {
    const state = stateOf({ $a: '1' });
    editOwn(state, '$a', '2');
    editOwn(state, '$a', '3');
    editOwn(state, '$b', '4');
    expect(withOwnChanges(NO_CHANGES, state)).toEqual(
      new Map([
        ['$a', { from: '1', to: '3' }],
        ['$b', { from: null, to: '4' }],
      ]),
    );
  });

  it('is no change where the store holds the text already, or holds no session', () => {
    const same = stateOf({ $a: '1' });
    editOwn(same, '$a', '1');
    expect(withOwnChanges(NO_CHANGES, same).size).toBe(0);
    const fresh = stateOf(null);
    editOwn(fresh, '$a', '1');
    expect(withOwnChanges(NO_CHANGES, fresh)).toBe(NO_CHANGES);
  });
});

describe('the edits after a write', () => {
  const edits: OwnEdits = new Map([['$a', { from: '1', to: '2' }]]);
  const sent: Changes = new Map([['$a', { from: '1', to: '2' }]]);

  it('are no changes any more, and have what the store holds', () => {
    expect(editsAfterPatch(edits, sent, sent).get('$a')).toEqual({ from: '2', to: '2' });
    const merged: Changes = new Map([['$a', { from: '5', to: '7' }]]);
    expect(editsAfterPatch(edits, sent, merged).get('$a')).toEqual({ from: '7', to: '7' });
    const [mine, stored] = [recordWith({ $a: '2' }), recordWith({ $a: '7' })];
    expect(editsAfterWrite(edits, mine, stored).get('$a')).toEqual({ from: '7', to: '7' });
  });

  it('are still to be written where they were set while the write was under way', () => {
    const later: OwnEdits = new Map([['$a', { from: '1', to: '9' }]]);
    expect(editsAfterPatch(later, sent, sent).get('$a')).toEqual({ from: '2', to: '9' });
    expect(editsAfterWrite(later, recordWith({ $a: '2' }), recordWith({ $a: '2' })).get('$a')).toEqual({
      from: '2',
      to: '9',
    });
  });

  it('stay as they are where the patch did not carry them', () => {
    expect(editsAfterPatch(edits, NO_CHANGES, NO_CHANGES)).toEqual(edits);
  });
});
