import {
  chooseServer,
  isInCi,
  mayInstall,
  type Choice,
  type Facts,
} from '../../scripts/servers/choose-server.mjs';

describe('chooseServer', () => {
  const NOTHING: Facts = { isHere: false, mayInstall: false, inCi: false };

  it.each<[string, Partial<Facts>, Choice]>([
    [
      'a URL that is given',
      { url: 'redis://db', isHere: true, mayInstall: true },
      { kind: 'given', url: 'redis://db' },
    ],
    ['a program, where the URL is empty', { url: '', isHere: true }, { kind: 'here' }],
    ['a program rather than a package', { isHere: true, mayInstall: true, inCi: true }, { kind: 'here' }],
    ['a package, where that is allowed', { mayInstall: true }, { kind: 'install' }],
    ['nothing, and goes on', {}, { kind: 'missing', isFatal: false }],
    ['nothing, and fails in CI', { inCi: true }, { kind: 'missing', isFatal: true }],
  ])('takes %s', (_what, facts, choice) => {
    expect(chooseServer({ ...NOTHING, ...facts })).toEqual(choice);
  });
});

describe('mayInstall', () => {
  const RIGHTS = { isRoot: true, hasApt: true, environment: { CI: 'true' } };

  it.each([
    ['root in CI', {}, true],
    ['root who asked for it', { environment: { NEST_SESSION_INSTALL: '1' } }, true],
    ['root who did not ask', { environment: {} }, false],
    ['root on a system without apt-get', { hasApt: false }, false],
    ['another user in CI', { isRoot: false }, false],
  ])('lets %s: %j -> %s', (_who, rights, allowed) => {
    expect(mayInstall({ ...RIGHTS, ...rights })).toBe(allowed);
  });
});

describe('isInCi', () => {
  it.each([
    ['true', true],
    ['1', true],
    ['false', false],
    ['', false],
    [undefined, false],
  ])('reads CI=%s as %s', (CI, expected) => {
    expect(isInCi({ CI })).toBe(expected);
  });
});
