import { RecentMap } from '../../../lib/core/util/recent-map.js';

describe('a map of recent entries', () => {
  it('returns what was set, and nothing that was deleted', () => {
    const map = new RecentMap<number>();
    map.set('a', 1);
    map.set('a', 2);
    expect([map.get('a'), map.get('b')]).toEqual([2, undefined]);
    map.delete('a');
    expect(map.get('a')).toBeUndefined();
  });

  it('holds at most two generations, and keeps the entries that are read', () => {
    const map = new RecentMap<number>(2);
    for (const [at, key] of ['a', 'b', 'c'].entries()) map.set(key, at);
    expect(map.get('a')).toBe(0);
    map.set('d', 3);
    expect(['a', 'b', 'c', 'd'].map((key) => map.get(key))).toEqual([0, undefined, 2, 3]);
  });

  it('replaces an entry of a full generation in place', () => {
    const map = new RecentMap<number>(1);
    map.set('a', 1);
    map.set('a', 2);
    map.set('b', 3);
    expect([map.get('b'), map.get('a')]).toEqual([3, 2]);
  });

  it('deletes an entry of the old generation too', () => {
    const map = new RecentMap<number>(1);
    map.set('a', 1);
    map.set('b', 2);
    map.delete('a');
    expect([map.get('a'), map.get('b')]).toEqual([undefined, 2]);
  });
});
