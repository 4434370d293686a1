import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Sends a signal to a process and its children. PostgreSQL has one process per connection, and these continue
 * to run while their parent is stopped. A process that has already exited is not an error.
 */
export function signalTree(pid, signal) {
  // Stop the parent first, so that it cannot start a child that is missing from the list.
  send(pid, 'SIGSTOP');
  for (const child of childrenOf(pid)) send(child, signal);
  send(pid, signal);
}

function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function childrenOf(pid) {
  return parents()
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child);
}

/** Pairs of a process id and the id of its parent. */
function parents() {
  if (process.platform === 'linux') return readdirSync('/proc').flatMap(parentFromProc);
  const listed = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  return [...listed.matchAll(/(\d+)\s+(\d+)/g)].map(([, pid, parent]) => [Number(pid), Number(parent)]);
}

/** Reads /proc instead of running `ps`, which slim container images do not include. */
function parentFromProc(name) {
  if (!/^\d+$/.test(name)) return [];
  try {
    // The name of the program is in parentheses and can contain any character. Parse from its end.
    const [, parent] = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1).split(' ');
    return [[Number(name), Number(parent)]];
  } catch {
    return [];
  }
}
