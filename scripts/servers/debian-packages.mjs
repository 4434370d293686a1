import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Install scripts run this program before they start a service. Exit code 101 forbids the start. */
const POLICY = '/usr/sbin/policy-rc.d';
const ASIDE = `${POLICY}.before-nest-session`;

/** Whether this system is Debian or a derivative, with `apt-get`. */
export function hasApt() {
  return isThere('/usr/bin/apt-get', constants.X_OK);
}

/** Installs the packages with one `apt-get install`, and does not start their services. Needs root. */
export function installDebianPackages(packages) {
  // A signal that interrupts apt-get must not end this process before it restores the policy.
  const ignore = () => {};
  process.on('SIGINT', ignore).on('SIGTERM', ignore);
  const hadPolicy = isThere(POLICY);
  if (hadPolicy) renameSync(POLICY, ASIDE);
  try {
    writeFileSync(POLICY, '#!/bin/sh\nexit 101\n');
    chmodSync(POLICY, 0o755);
    aptGet('update', '-q');
    aptGet('install', '-q', '-y', '--no-install-recommends', ...packages);
  } finally {
    if (hadPolicy) renameSync(ASIDE, POLICY);
    else rmSync(POLICY, { force: true });
    process.off('SIGINT', ignore).off('SIGTERM', ignore);
  }
}

function aptGet(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // All output of apt-get goes to stderr: stdout is reserved for the output of the caller.
  const { status, error } = spawnSync('apt-get', args, { stdio: ['ignore', 2, 2], env });
  if (status !== 0) throw new Error(`apt-get ${args.join(' ')} failed (${status})`, { cause: error });
}

function isThere(path, mode = constants.F_OK) {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
