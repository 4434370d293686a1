import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Asked by the install scripts of packages before they start a service; 101 means no. */
const POLICY = '/usr/sbin/policy-rc.d';
const ASIDE = `${POLICY}.before-nest-session`;

/** Whether this is a system of Debian's kind. */
export function hasApt() {
  return isThere('/usr/bin/apt-get', constants.X_OK);
}

/** Installs packages, all in one step, and starts none of the services that they bring. Needs root. */
export function installDebianPackages(packages) {
  // What interrupts apt-get must not end this process before the policy is back.
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
  // Its output is no result of ours: all of it goes to stderr.
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
