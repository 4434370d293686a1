import { randomBytes } from 'node:crypto';
import type { EngineName } from '../../scripts/servers/engines.mjs';
import { RACES, RACES_LIMIT_MS } from '../support/races.js';
import { children, kill, needsBuild, ServerProcess, type StorePlace } from '../support/server-process.js';
import { describeWithServer } from '../support/servers.js';

/** Concurrent races: enough for conflicts, few enough for two cores. */
const AT_ONCE = 20;

beforeAll(needsBuild);

/** Guarantees of a fleet on any store that processes share. */
function keepsSessions(kind: StorePlace['kind'], url: string): void {
  let fleet: readonly ServerProcess[];
  const at = (n: number): ServerProcess => fleet[n % fleet.length]!;
  beforeAll(async () => {
    const place = { kind, at: url, name: `fleet_${randomBytes(6).toString('hex')}` };
    fleet = await Promise.all([0, 1, 2, 3].map(() => ServerProcess.start(place)));
  });
  afterAll(() => Promise.all([...children].map(kill)));

  it('keeps the attributes of 1000 concurrent requests, each of which sets another attribute of one session', async () => {
    const { cookie } = await at(0).send('/set?name=first&value=0');
    const names = Array.from({ length: 1000 }, (_, n) => `n${n}`);
    const answers = await Promise.all(
      names.map((name, n) => at(n).send(`/set?name=${name}&value=${n}`, { cookie })),
    );
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    for (const server of fleet) {
      const { attributes } = await server.read(cookie);
      expect(Object.keys(attributes).sort()).toEqual(['first', ...names].sort());
    }
  });

  it(
    `restores no session in ${RACES} races of a logout with writes in other processes`,
    async () => {
      const back = await races(async (race) => {
        const { cookie } = await at(race).send('/set?name=who&value=alice');
        const held = await at(race + 1).hold('/held?name=late', cookie);
        const answers = await Promise.all([
          at(race + 2).send('/logout', { cookie }),
          at(race + 3).send('/set?name=other&value=1', { cookie }),
          held.finish(),
        ]);
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
        return isAlive(at(race), cookie);
      });
      expect(back).toEqual([]);
    },
    RACES_LIMIT_MS,
  );

  it(
    `accepts no old id after ${RACES} races of a regenerate with writes and regenerates in other processes`,
    async () => {
      const alive = await races(async (race) => {
        const { cookie } = await at(race).send('/set?name=who&value=alice');
        const held = await at(race + 1).hold('/held?name=late', cookie);
        const [one, other] = await Promise.all([
          at(race + 2).send('/rotate', { cookie }),
          at(race + 3).send('/rotate', { cookie }),
          at(race).send('/set?name=other&value=1', { cookie }),
          held.finish(),
        ]);
        // Requests after the first one found no session, and created an empty one.
        const read = await Promise.all([one, other].map((answer) => at(race).read(answer.cookie)));
        const moved = read.filter(({ attributes }) => attributes['who'] === 'alice');
        return moved.length !== 1 || (await isAlive(at(race), cookie));
      });
      expect(alive).toEqual([]);
    },
    RACES_LIMIT_MS,
  );
}

/** Whether an id still loads the data of its session. */
async function isAlive(server: ServerProcess, cookie: string | null): Promise<boolean> {
  const { isNew, attributes } = await server.read(cookie);
  return !isNew || 'who' in attributes;
}

/** Runs races, some of them concurrently. Resolves with the races that failed. */
async function races(run: (race: number) => Promise<boolean>): Promise<number[]> {
  const wrong: number[] = [];
  let next = 0;
  const runner = async (): Promise<void> => {
    while (next < RACES) {
      const race = next++;
      if (await run(race)) wrong.push(race);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runner));
  return wrong;
}

const STORES: readonly [EngineName, StorePlace['kind']][] = [
  ['redis', 'redis'],
  ['postgres', 'postgres'],
  ['mariadb', 'mysql'],
];

for (const [engine, kind] of STORES)
  describeWithServer(engine, `a fleet of four processes on ${kind}`, (url) => keepsSessions(kind, url));
