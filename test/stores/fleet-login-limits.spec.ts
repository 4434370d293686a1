import { randomBytes } from 'node:crypto';
import { succeeded } from '../support/fleet.js';
import { kill, needsBuild, ServerProcess, type Answer, type StorePlace } from '../support/server-process.js';
import { describeWithServer } from '../support/servers.js';

const MODES = ['evict-oldest', 'evict-least-recent', 'reject'] as const;
type Mode = (typeof MODES)[number];
const PROCESSES = 4;
const LOGINS = 50;
const MOST = 3;

beforeAll(needsBuild);

/** A login, and the cookie of its anonymous session, where it had one. */
interface Login {
  readonly before: string | null;
  readonly answer: Answer;
}

function keepsLimit(place: () => StorePlace): void {
  let servers: readonly ServerProcess[];
  beforeAll(async () => {
    const one = { ...place(), name: `limits_${randomBytes(6).toString('hex')}`, isLimited: true };
    servers = await Promise.all(Array.from({ length: PROCESSES }, () => ServerProcess.start(one)));
  });
  afterAll(() => Promise.all(servers.map(({ child }) => kill(child))));

  const at = (n: number): ServerProcess => servers[n % PROCESSES]!;
  const setMost = (most: number): Promise<unknown> =>
    Promise.all(servers.map((server) => succeeded(server.send(`/limit?most=${most}`))));

  /** The principal of a cookie; `null` for an anonymous session, `'none'` without one. */
  const who = async (n: number, mode: Mode, cookie: string | null): Promise<string | null> => {
    const { body } = await succeeded(at(n).send(`/who?session=${mode}`, { cookie }));
    const { principal, isNew } = JSON.parse(await body) as { principal: string | null; isNew: boolean };
    return isNew ? 'none' : principal;
  };
  const listed = async (n: number, mode: Mode, principal: string): Promise<number> => {
    const { body } = await succeeded(at(n).send(`/list?session=${mode}&principal=${principal}`));
    return (JSON.parse(await body) as unknown[]).length;
  };

  /** Concurrent logins on all processes: half of them of visitors that have an anonymous session. */
  const logins = async (mode: Mode, principal: string, count = LOGINS): Promise<Login[]> => {
    const visitors = await Promise.all(
      Array.from({ length: count }, async (_, n) =>
        n % 2 === 0 ? null : (await succeeded(at(n).send(`/set?session=${mode}&name=cart&value=1`))).cookie,
      ),
    );
    return Promise.all(
      visitors.map(async (before, n) => {
        const answer = await at(n).send(`/login?session=${mode}&principal=${principal}`, { cookie: before });
        return { before, answer };
      }),
    );
  };

  /** Checks that exactly `most` of the logins are live sessions, on all processes. */
  const expectLive = async (
    most: number,
    { mode, principal, all }: { mode: Mode; principal: string; all: readonly Login[] },
  ): Promise<void> => {
    const accepted = all.filter(({ answer }) => answer.status === 200);
    const found = await Promise.all(accepted.map(({ answer }, n) => who(n + 1, mode, answer.cookie)));
    expect(found.filter((user) => user === principal)).toHaveLength(most);
    expect(found.filter((user) => user !== principal && user !== 'none')).toEqual([]);
    expect(await Promise.all(servers.map((_, n) => listed(n, mode, principal)))).toEqual(
      servers.map(() => most),
    );
  };

  it.each(MODES)(`leaves exactly ${MOST} live sessions with %s (S-56)`, async (mode) => {
    const principal = `u-${mode}`;
    const all = await logins(mode, principal);
    await expectLive(MOST, { mode, principal, all });
    const refused = all.filter(({ answer }) => answer.status !== 200);
    expect(refused.map(({ answer }) => answer.status)).toEqual(
      Array.from({ length: mode === 'reject' ? LOGINS - MOST : 0 }, () => 429),
    );
    for (const [n, { before, answer }] of refused.entries()) {
      expect(answer.cookie).toBe(null);
      if (before !== null) expect(await who(n, mode, before)).toBe(null);
    }
  });

  it('has a limit of its own for each session name, and for each user by a function', async () => {
    for (const [principal, most] of [
      ['shared', MOST],
      ['single', 1],
    ] as const) {
      const all = await Promise.all(MODES.map((mode) => logins(mode, principal, 8)));
      for (const [n, mode] of MODES.entries()) await expectLive(most, { mode, principal, all: all[n]! });
    }
  });

  it('ends as many sessions as exceed a lowered limit, at the next login', async () => {
    const [mode, principal] = ['evict-oldest', 'lowered'] as const;
    const before = await logins(mode, principal, 12);
    await expectLive(MOST, { mode, principal, all: before });
    await setMost(1);
    await expectLive(MOST, { mode, principal, all: before });
    const [login] = await logins(mode, principal, 1);
    await expectLive(1, { mode, principal, all: [...before, login!] });
    expect(await who(0, mode, login!.answer.cookie)).toBe(principal);
    await setMost(MOST);
  });
}

for (const kind of ['redis', 'postgres'] as const)
  describeWithServer(kind, `the option limit in ${PROCESSES} server processes on ${kind}`, (url) => {
    keepsLimit(() => ({ kind, at: url }));
  });
