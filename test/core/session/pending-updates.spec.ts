import { joinUpdates, NO_UPDATES, withUpdate } from '../../../lib/core/session/pending-updates.js';

const [add, double] = [(n: unknown) => Number(n) + 1, (n: unknown) => Number(n) * 2];

describe('pending updates', () => {
  it('continue an earlier update of the same attribute', () => {
    const first = withUpdate(NO_UPDATES, 'n', { before: '1', after: '2', steps: [add] });
    const both = withUpdate(first, 'n', { before: '2', after: '4', steps: [double] });
    expect([...both]).toEqual([['n', { before: '1', after: '4', steps: [add, double] }]]);
    expect(first.get('n')?.steps).toEqual([add]);
  });

  it('begin again where something else has changed the attribute in between', () => {
    const first = withUpdate(NO_UPDATES, 'n', { before: '1', after: '2', steps: [add] });
    const later = { before: '7', after: '14', steps: [double] };
    expect(withUpdate(first, 'n', later).get('n')).toEqual(later);
  });

  it('of a failed write come before those that were added since', () => {
    const failed = withUpdate(NO_UPDATES, 'n', { before: '1', after: '2', steps: [add] });
    let since = withUpdate(NO_UPDATES, 'n', { before: '2', after: '4', steps: [double] });
    since = withUpdate(since, 'm', { before: null, after: '1', steps: [add] });
    expect([...joinUpdates(failed, since)]).toEqual([
      ['n', { before: '1', after: '4', steps: [add, double] }],
      ['m', { before: null, after: '1', steps: [add] }],
    ]);
  });
});
