/**
 * Decides where tests get a server from. In this order: a URL, a program on this machine, a Debian package.
 * If none of them is available, the server is `missing`. This is fatal in CI, because CI must run all suites.
 */
export function chooseServer({ url, isHere, mayInstall, inCi }) {
  if (url) return { kind: 'given', url };
  if (isHere) return { kind: 'here' };
  if (mayInstall) return { kind: 'install' };
  return { kind: 'missing', isFatal: inCi };
}

/** Whether packages may be installed: as root, with `apt-get`, in CI or with `NEST_SESSION_INSTALL=1`. */
export function mayInstall({ isRoot, hasApt, environment }) {
  return isRoot && hasApt && (isInCi(environment) || environment.NEST_SESSION_INSTALL === '1');
}

/** Whether the variable `CI` is set, not empty and not `false`. */
export function isInCi({ CI }) {
  return CI !== undefined && CI !== '' && CI !== 'false';
}
