import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  children,
  CONNECTIONS,
  kill,
  needsBuild,
  ServerProcess,
  startFixture,
} from '../support/server-process.js';

/** A completed write, which must never be lost. */
interface Write {
  readonly cookie: string;
  readonly name: string;
  readonly value: string;
}

const folders: string[] = [];

beforeAll(needsBuild);
afterEach(async () => {
  await Promise.all([...children].map(kill));
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('a folder of the LmdbSessionStore, when its process is killed', () => {
  it('contains every completed write after each of ten kills during writes', async () => {
    const folder = newFolder();
    const writes: Write[] = [];
    let [checked, cut] = [0, 0];
    for (let kills = 0; kills < 10; kills++) {
      const server = await ServerProcess.start({ kind: 'lmdb', at: folder });
      checked += await countFound(server, writes);
      cut += await writeAndKill({
        servers: [server],
        writes,
        until: writes.length + randomInt(60, 200),
        victim: server,
      });
    }
    checked += await countFound(await ServerProcess.start({ kind: 'lmdb', at: folder }), writes);
    expect(writes.length).toBeGreaterThan(500);
    expect(checked).toBeGreaterThan(3000);
    expect(cut).toBeGreaterThan(10);
  });

  it('still serves its other processes, which see the completed writes of the killed one', async () => {
    const folder = newFolder();
    const writes: Write[] = [];
    const [survivor, ...others] = await startThree(folder);
    for (let kills = 0; kills < 5; kills++) {
      const victim = others.shift()!;
      const servers = [survivor, victim, ...others];
      await writeAndKill({ servers, writes, until: writes.length + randomInt(60, 200), victim });
      for (const server of [survivor, ...others]) await countFound(server, writes);
      others.push(await ServerProcess.start({ kind: 'lmdb', at: folder }));
    }
    expect(writes.length).toBeGreaterThan(300);
  });
});

describe('three processes on one folder of the LmdbSessionStore', () => {
  let servers: Three;
  beforeAll(() => expect(children.size).toBe(0));
  beforeEach(async () => {
    servers = await startThree(newFolder());
  });
  const at = (n: number): ServerProcess => servers[n % 3]!;

  it('keep the attributes of 100 concurrent requests', async () => {
    const { cookie } = await at(0).send('/set?name=first&value=0');
    const names = Array.from({ length: 100 }, (_, n) => `n${n}`);
    await Promise.all(names.map((name, n) => at(n).send(`/set?name=${name}&value=${n}`, { cookie })));
    for (const server of servers) {
      const { attributes } = await server.read(cookie);
      expect(Object.keys(attributes).sort()).toEqual(['first', ...names].sort());
    }
  });

  it('see completed writes of each other immediately: 50 redirects, followed as soon as their headers arrive', async () => {
    const { cookie } = await at(0).send('/set?name=round&value=start');
    const stale: string[] = [];
    for (let round = 0; round < 50; round++) {
      // Pending reads keep older snapshots in use in the processes that serve the next requests.
      const busy = servers.map((server) => server.read(cookie));
      const then = encodeURIComponent(`${at(round + 1).url}/all`);
      const { status, location } = await at(round).send(`/set?name=round&value=${round}&then=${then}`, {
        cookie,
      });
      expect({ status, location }).toEqual({ status: 303, location: `${at(round + 1).url}/all` });
      const seen = await Promise.all([at(round + 1).read(cookie), at(round + 2).read(cookie)]);
      stale.push(
        ...seen.filter(({ attributes }) => attributes['round'] !== String(round)).map(() => `round ${round}`),
      );
      await Promise.all(busy);
    }
    expect(stale).toEqual([]);
  });

  it('restore no session in 100 races of a logout with writes in other processes', async () => {
    const back: number[] = [];
    for (let race = 0; race < 100; race++) {
      const { cookie } = await at(race).send('/set?name=who&value=alice');
      const held = await at(race + 1).hold('/held?name=late', cookie);
      const answers = await Promise.all([
        at(race).send('/logout', { cookie }),
        at(race + 2).send('/set?name=other&value=1', { cookie }),
        held.finish(),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      const seen = await Promise.all(servers.map((server) => server.read(cookie)));
      if (seen.some(({ isNew, attributes }) => !isNew || 'who' in attributes)) back.push(race);
    }
    expect(back).toEqual([]);
  });
});

describe('a process with an open LmdbSessionStore and scheduled sweeps', () => {
  it.each(['idle-middleware.mjs', 'idle-module.mjs'])(
    'exits when its server is closed (%s)',
    async (fixture) => {
      const child = startFixture(fixture, newFolder());
      const [output] = await Promise.all([text(child.stdout!), once(child, 'exit')]);
      expect({ output, code: child.exitCode }).toEqual({ output: 'saved\n', code: 0 });
    },
  );
});

type Three = readonly [ServerProcess, ServerProcess, ServerProcess];

function startThree(folder: string): Promise<Three> {
  return Promise.all([
    ServerProcess.start({ kind: 'lmdb', at: folder }),
    ServerProcess.start({ kind: 'lmdb', at: folder }),
    ServerProcess.start({ kind: 'lmdb', at: folder }),
  ]);
}

interface Load {
  readonly servers: readonly ServerProcess[];
  /** Collects completed writes. */
  readonly writes: Write[];
  /** Number of completed writes before the victim is killed. */
  readonly until: number;
  /** The only server that may fail to respond. */
  readonly victim: ServerProcess;
}

/**
 * Writes over sixteen connections, and kills the victim while all are busy. Resolves with the number of
 * broken requests.
 */
async function writeAndKill({ servers, writes, until, victim }: Load): Promise<number> {
  const kills: Promise<void>[] = [];
  let cut = 0;
  const writer = async (n: number): Promise<void> => {
    let cookie: string | null = null;
    for (let turn = 0; kills.length === 0; turn++) {
      const server = servers[(n + turn) % servers.length]!;
      const write = { name: `n${turn}`, value: String(randomInt(1e9)) };
      if (turn % 5 === 0) cookie = null;
      try {
        cookie = await server.write({ ...write, cookie });
      } catch (error) {
        if (server !== victim || (error as NodeJS.ErrnoException).code === undefined) throw error;
        cut++;
        return;
      }
      writes.push({ ...write, cookie });
      if (writes.length === until) kills.push(kill(victim.child));
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, n) => writer(n)));
  await Promise.all(kills);
  return cut;
}

/** Reads every session over HTTP. Resolves with their number, and fails with the writes that are lost. */
async function countFound(server: ServerProcess, writes: readonly Write[]): Promise<number> {
  const cookies = [...new Set(writes.map(({ cookie }) => cookie))];
  const sessions = await Promise.all(
    cookies.map(async (cookie) => [cookie, await server.read(cookie)] as const),
  );
  const held = new Map(sessions);
  const lost = writes.filter(({ cookie, name, value }) => held.get(cookie)!.attributes[name] !== value);
  expect(lost).toEqual([]);
  return writes.length;
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nest-session-lmdb-'));
  folders.push(folder);
  return folder;
}
