import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { EngineName } from '../../scripts/servers/engines.mjs';
import { concurrently, Fleet, refused, WITHIN_MS } from '../support/fleet.js';
import { RACES, RACES_LIMIT_MS } from '../support/races.js';
import { children, kill, needsBuild, type Answer, type StorePlace } from '../support/server-process.js';
import { describeWithServer } from '../support/servers.js';

beforeAll(needsBuild);

/**
 * One race of `revokeAll` on one process with requests of the same principal on others: a login in a new session,
 * and two that have loaded their sessions before the call.
 */
async function race(fleet: Fleet, n: number): Promise<void> {
  const principal = `u${n}`;
  const before = await Promise.all([0, 1].map((at) => fleet.login(n + at, principal)));
  const changes = ['rotate', `login&principal=${principal}`, 'set&name=late&value=1'];
  const held = await Promise.all(
    before.map((cookie, at) => fleet.at(n + at + 1).hold(`/held?route=${changes[(n + at) % 3]}`, cookie)),
  );
  const calls: (() => Promise<Answer>)[] = [
    () => fleet.at(n).send(`/revoke-all?principal=${principal}`),
    () => fleet.at(n + 3).send(`/login?principal=${principal}`),
    ...held.map(({ finish }) => finish),
  ];
  const [revoked, login, ...moved] = await inSomeOrder(n, calls);
  expect([revoked!.status, login!.status]).toEqual([200, 200]);
  const after = await fleet.login(n + 1, principal);
  const ended = [...before, ...moved.flatMap(({ cookie }) => cookie ?? [])];
  const [found, meanwhile, kept] = await Promise.all([
    Promise.all(ended.map((cookie, at) => fleet.who(n + at, cookie))),
    fleet.who(n + 1, login!.cookie),
    fleet.who(n + 2, after),
  ]);
  expect({ n, found, kept }).toEqual({ n, found: found.map(() => null), kept: principal });
  const { body } = await fleet.at(n + 3).send(`/list?principal=${principal}`);
  expect(JSON.parse(await body)).toHaveLength(meanwhile === null ? 1 : 2);
}

/** Makes concurrent calls: the first call begins first, last or in between. Resolves with their results. */
async function inSomeOrder<T>(n: number, calls: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results = calls.map(async (call, at) => afterTurns(((at + n) % calls.length) * (n % 3), call));
  return Promise.all(results);
}

/** Gives requests to other processes a head start, from none to some milliseconds. */
async function afterTurns<T>(turns: number, call: () => Promise<T>): Promise<T> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
  return call();
}

function endsSessions(place: () => readonly [StorePlace['kind'], string]): void {
  const fleet = new Fleet();
  beforeAll(() => fleet.start(...place(), 2));
  afterAll(() => Promise.all([...children].map(kill)));

  it('refuses a session that another process has revoked at its next request', async () => {
    for (let n = 0; n < 20; n++) {
      const principal = `one ${n}`;
      const [one, other] = [await fleet.login(n, principal), await fleet.login(n + 1, principal)];
      expect([await fleet.who(n, one), await fleet.who(n, other)]).toEqual([principal, principal]);
      const held = await fleet.at(n).hold('/held?route=rotate', one);
      const listed = JSON.parse(await (await fleet.at(n).send(`/list?principal=${principal}`)).body) as {
        handle: string;
      }[];
      const handle = await (await fleet.at(n).send('/handle', { cookie: one })).body;
      expect(listed.map((session) => session.handle)).toContain(handle);
      const answer = await fleet.at(n + 1).send(`/revoke?principal=${principal}&handle=${handle}`);
      expect(await answer.body).toBe('true');
      expect([await fleet.who(n, one), await fleet.who(n, other)]).toEqual([null, principal]);
      expect(await fleet.who(n, (await held.finish()).cookie)).toBe(null);
      expect(await (await fleet.at(n + 1).send(`/revoke-all?principal=${principal}`)).body).toBe('1');
      expect(await fleet.who(n, other)).toBe(null);
    }
  });

  it('refuses all sessions within a second after another process has revoked everything', async () => {
    const cookies = await Promise.all(Array.from({ length: 20 }, (_, n) => fleet.login(n, `u${n}`)));
    // The process has read the epoch just before.
    expect(await fleet.who(1, cookies[0]!)).toBe('u0');
    await fleet.revokeEverything(0);
    const resolvedAt = performance.now();
    expect((await refused(fleet, 1, cookies[0]!)) - resolvedAt).toBeLessThan(WITHIN_MS);
    expect(await Promise.all(cookies.map((cookie) => fleet.who(1, cookie)))).toEqual(cookies.map(() => null));
    const fresh = await fleet.login(1, 'u0');
    expect(await Promise.all([0, 1].map((n) => fleet.who(n, fresh)))).toEqual(['u0', 'u0']);
  });
}

function endsSessionsOfBefore(kind: StorePlace['kind'], url: string): void {
  const fleet = new Fleet();
  beforeAll(() => fleet.start(kind, url));
  afterAll(() => Promise.all([...children].map(kill)));

  it(
    `ends exactly the sessions of before in ${RACES} races of revokeAll with logins, regenerates and writes`,
    async () => {
      await concurrently(RACES, (n) => race(fleet, n));
    },
    RACES_LIMIT_MS,
  );
}

const RACING: readonly (EngineName & StorePlace['kind'])[] = ['redis', 'postgres'];
for (const kind of RACING)
  describeWithServer(kind, `races of four processes on ${kind}`, (url) => endsSessionsOfBefore(kind, url));

const SERVERS: readonly [EngineName, StorePlace['kind']][] = [
  ['redis', 'redis'],
  ['redis-cluster', 'redis-cluster'],
  ['postgres', 'postgres'],
  ['mariadb', 'mysql'],
];
for (const [engine, kind] of SERVERS)
  describeWithServer(engine, `revoked sessions of two processes on ${kind}`, (url) =>
    endsSessions(() => [kind, url]),
  );

for (const kind of ['sqlite', 'lmdb'] as const)
  describe(`revoked sessions of two processes on ${kind}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'nest-session-principals-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    endsSessions(() => [kind, join(folder, 'sessions')]);
  });
