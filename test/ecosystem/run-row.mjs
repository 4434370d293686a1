import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearTimeout } from 'node:timers';
import { HERE } from './places.mjs';
import { subjectsOf } from './subjects.mjs';

const LIMIT_MS = 90_000;
const NODE_MAJOR = Number(process.versions.node.split('.')[0]);

/** One store under each of its subjects, one after the other; or why it was not run. */
export async function runRow(row, presentServers) {
  const why = reasonNotToRun(row, presentServers);
  if (why !== null) return { notRun: why, isMissing: row.why === undefined };
  const result = { version: versionOf(row), subjects: {} };
  for (const subject of subjectsOf(row)) result.subjects[subject] = await runSubject(row.name, subject);
  return result;
}

function reasonNotToRun({ why, server, nodeBelow = Infinity }, presentServers) {
  if (why !== undefined) return why;
  if (NODE_MAJOR >= nodeBelow) return `does not run on Node ${NODE_MAJOR}`;
  return server === undefined || presentServers.has(server) ? null : `there is no ${server} here`;
}

function versionOf({ name, folder = '' }) {
  return JSON.parse(readFileSync(join(HERE, folder, 'node_modules', name, 'package.json'), 'utf8')).version;
}

/** In a process of its own, with a folder for what it leaves behind. */
async function runSubject(name, subject) {
  const folder = mkdtempSync(join(tmpdir(), 'nest-session-ecosystem-'));
  try {
    return await runChild(name, subject, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function runChild(name, subject, folder) {
  const child = fork(join(HERE, 'child.mjs'), [name, subject], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, TMPDIR: folder },
  });
  const output = tailOf(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  let found;
  child.on('message', (message) => (found = message));
  const [code, signal] = await once(child, 'exit');
  clearTimeout(timer);
  if (found !== undefined) return found;
  const reason =
    signal === 'SIGKILL' ? `no end within ${LIMIT_MS / 1000} s` : `the process ends (${signal ?? code})`;
  if (process.env.ECOSYSTEM_OUTPUT) console.error(name, subject, output().replace(/[\w-]{20,}/g, '(id)'));
  return { steps: { starts: `fail: ${reason}` }, traits: {} };
}

/** Stores print much, and among it ids: nobody sees it but who asks for it by ECOSYSTEM_OUTPUT. */
function tailOf(child) {
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part) => (text = (text + part).slice(-4000)));
  return () => text;
}
