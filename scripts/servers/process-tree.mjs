import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Sends a signal to a process and all its children, so that it means the whole server: PostgreSQL has a process per
 * connection, and they go on working while their parent is stopped. One that is gone already is no error.
 */
export function signalTree(pid, signal) {
  // Stopped first, so that it gets no child that the list does not have.
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

/** Pairs of a process and its parent. */
function parents() {
  if (process.platform === 'linux') return readdirSync('/proc').flatMap(parentFromProc);
  const listed = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  return [...listed.matchAll(/(\d+)\s+(\d+)/g)].map(([, pid, parent]) => [Number(pid), Number(parent)]);
}

/** Read without `ps`, which slim images of containers do not have. */
function parentFromProc(name) {
  if (!/^\d+$/.test(name)) return [];
  try {
    // The name of the program, in parentheses, may hold anything: count from its end.
    const [, parent] = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1).split(' ');
    return [[Number(name), Number(parent)]];
  } catch {
    return [];
  }
}
