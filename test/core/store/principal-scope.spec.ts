import { scopedPrincipal, scopeOf } from '../../../lib/core/store/principal-scope.js';

const NAMES = ['default', 'admin', '', '$', '$$', ':', 'a:b', '%', '%24', '%3a', 'default:x'];
const PRINCIPALS = ['u1', '', '$', '$$', '$admin:u1', ':', 'admin:u1', '%24', 'käse 🍪'];

describe('a scoped principal', () => {
  it('of the default name is the principal itself', () => {
    expect(scopedPrincipal('default', 'u1')).toBe('u1');
  });

  it.each(NAMES)('leads back to the name %p and each principal', (sessionName) => {
    for (const principal of PRINCIPALS)
      expect(scopeOf(scopedPrincipal(sessionName, principal))).toEqual({ sessionName, principal });
  });

  it('is different for each pair of name and principal', () => {
    const scoped = NAMES.flatMap((name) => PRINCIPALS.map((principal) => scopedPrincipal(name, principal)));
    expect(new Set(scoped).size).toBe(NAMES.length * PRINCIPALS.length);
  });
});
