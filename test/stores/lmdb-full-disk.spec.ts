import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describeWith } from '../support/requirements.js';
import { SECRET } from '../support/secret.js';
import { needsBuild } from '../support/server-process.js';

const FIXTURE = fileURLToPath(new URL('../fixtures/full-disk.mjs', import.meta.url));
/**
 * Mounts a small file system that only the command sees, and that is unmounted with the end of the command.
 */
const MOUNT = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"';
const WAYS = [
  ['unshare', '--mount'],
  ['unshare', '--mount', '--user', '--map-root-user'],
  ['sudo', '-n', 'unshare', '--mount'],
];

const folder = mkdtempSync(join(tmpdir(), 'nest-session-full-'));
const way = WAYS.find((words) => spawnSync(words[0]!, commandOf(words, ['true'])).status === 0);

function commandOf(words: readonly string[], command: readonly string[]): string[] {
  return [...words.slice(1), 'sh', '-c', MOUNT, folder, ...command];
}

interface Seen {
  readonly opening: string;
  readonly before: number;
  readonly full: readonly number[];
  readonly alone: number;
  readonly failure: string;
  readonly after: number;
  readonly unhandled: number;
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeWith(
  {
    name: 'the right to mount a small file system',
    isMet: way !== undefined,
    cure: 'run as root on Linux, or allow unprivileged user namespaces',
  },
  'the LmdbSessionStore on a full disk',
  () => {
    let seen: Seen;

    beforeAll(async () => {
      needsBuild();
      const command = commandOf(way!, [process.execPath, FIXTURE, folder, SECRET]);
      const { stdout } = await promisify(execFile)(way![0]!, command, { timeout: 60_000 });
      seen = JSON.parse(stdout) as Seen;
    });

    it('throws an error that names the file when it opens, and the process continues', () => {
      expect(seen.opening).toMatch(/lock\.mdb: ENOSPC/);
    });

    it('serves requests while there is space', () => {
      expect(seen.before).toBe(200);
    });

    it('rejects writes: each request gets 503, concurrent or alone', () => {
      expect([...seen.full, seen.alone]).toEqual([503, 503, 503, 503]);
    });

    it('rejects with an error that names the folder', () => {
      expect(seen.failure).toMatch(/^LMDB stored nothing in .*sessions: .*disk/);
    });

    it('leaves no rejection unhandled', () => {
      expect(seen.unhandled).toBe(0);
    });

    it('serves requests again when there is space', () => {
      expect(seen.after).toBe(200);
    });
  },
);
