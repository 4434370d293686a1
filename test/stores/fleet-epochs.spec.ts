import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { createClient } from 'redis';
import { concurrently, Fleet, refused, succeeded, WITHIN_MS } from '../support/fleet.js';
import { children, kill, needsBuild } from '../support/server-process.js';
import { describeWithServer } from '../support/servers.js';

const SESSIONS = 100_000;
/** As many of them, which are looked at. */
const SAMPLE = 4000;
/** Sessions that requests have created. */
const COOKIES = 200;

beforeAll(needsBuild);

/** Functions that copy the record under the key `seed` to `count` others. */
const COPIES = {
  postgres: async (url: string, table: string, count: number): Promise<void> => {
    const client = new pg.Client(url);
    await client.connect();
    const columns = 'created_at, touched_at, expires_at, revision, principal, attributes, epoch';
    await client.query(
      `INSERT INTO ${table} (session_key, ${columns}) SELECT 'copy ' || n, ${columns} ` +
        `FROM ${table}, generate_series(1, ${count}) AS n WHERE session_key = 'seed'`,
    );
    await client.end();
  },
  redis: async (url: string, prefix: string, count: number): Promise<void> => {
    const client = await createClient({ url }).connect();
    // In parts: other tests use the server too.
    const script = `for n = 1, 1000 do redis.call('COPY', KEYS[1], KEYS[2] .. ARGV[1] + n) end`;
    const keys = [`${prefix}s:seed`, `${prefix}s:copy `];
    for (let from = 0; from < count; from += 1000)
      await client.eval(script, { keys, arguments: [String(from)] });
    await client.close();
  },
};

for (const kind of ['redis', 'postgres'] as const)
  describeWithServer(kind, `revokeEverything on ${kind}`, (url) => {
    const fleet = new Fleet();
    beforeAll(() => fleet.start(kind, url));
    afterAll(() => Promise.all([...children].map(kill)));

    it(`ends ${SESSIONS} sessions in a time that does not depend on their number`, async () => {
      await fleet.revokeEverything(0);
      await succeeded(fleet.at(0).send('/seed'));
      await COPIES[kind](url, fleet.name, SESSIONS);
      const cookies: string[] = [];
      await concurrently(COOKIES, async (n) => void cookies.push(await fleet.login(n, `u${n}`)));
      const before = await fleet.live(1, SAMPLE);
      expect(before.live).toBe(SAMPLE);
      const duration = await fleet.revokeEverything(0);
      const resolvedAt = performance.now();
      expect((await refused(fleet, 1, cookies[0]!)) - resolvedAt).toBeLessThan(WITHIN_MS);
      await concurrently(COOKIES, async (n) => expect(await fleet.who(n + 1, cookies[n]!)).toBe(null));
      expect((await fleet.live(2, SAMPLE)).live).toBe(0);
      // A look at one session in 25 takes longer, on any machine.
      expect(duration).toBeLessThan(before.duration);
    }, 240_000);
  });
