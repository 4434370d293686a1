/**
 * Where tests get a server from, in this order: a URL that is given, a program on this machine, a Debian package.
 * Where there is none of these it is missing, which is fatal in CI: nothing may go untested unnoticed there.
 */
export function chooseServer({ url, isHere, mayInstall, inCi }) {
  if (url) return { kind: 'given', url };
  if (isHere) return { kind: 'here' };
  if (mayInstall) return { kind: 'install' };
  return { kind: 'missing', isFatal: inCi };
}

/** Whether packages may be installed: on Debian or its kin, as root, and where somebody asked for it or CI does. */
export function mayInstall({ isRoot, hasApt, environment }) {
  return isRoot && hasApt && (isInCi(environment) || environment.NEST_SESSION_INSTALL === '1');
}

/** The variable `CI` is set, and not to `false`. */
export function isInCi({ CI }) {
  return CI !== undefined && CI !== '' && CI !== 'false';
}
