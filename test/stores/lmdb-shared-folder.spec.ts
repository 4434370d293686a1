import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { deserialize, serialize } from 'node:v8';
import type { LmdbSessionStore } from 'nest-session/lmdb';
import type { SessionKey } from 'nest-session';
import type { SessionPage } from '../../lib/core/store/store-powers.js';
import { newKey, recordOf, times } from '../../lib/testing/contract-records.js';
import { MODES, termsOf } from '../../lib/testing/limited-logins.js';
import { children, CONNECTIONS, kill, needsBuild, startFixture } from '../support/server-process.js';

type Operation = 'load' | 'create' | 'rekey' | 'epoch' | 'advanceEpoch' | 'listByPrincipal' | 'scan';

/** Calls the store of another process. */
class RemoteStore {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

  private constructor(port: string) {
    this.#url = `http://127.0.0.1:${port}`;
  }

  static async start(folder: string): Promise<RemoteStore> {
    const child = startFixture('lmdb-store.mjs', folder);
    for await (const port of createInterface(child.stdout!)) return new RemoteStore(port);
    throw new Error('The process ended before it listened.');
  }

  async call<M extends Operation>(
    method: M,
    ...args: Parameters<LmdbSessionStore[M]>
  ): Promise<Awaited<ReturnType<LmdbSessionStore[M]>>> {
    const sent = request(this.#url, { method: 'POST', agent: this.#agent });
    const response = once(sent, 'response') as Promise<[IncomingMessage]>;
    sent.end(serialize([method, ...args]));
    return deserialize(await buffer((await response)[0])) as never;
  }
}

const folders: string[] = [];

beforeAll(needsBuild);
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('three processes on one folder of the LmdbSessionStore', () => {
  let stores: readonly RemoteStore[];
  beforeEach(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nest-session-lmdb-'));
    folders.push(folder);
    stores = await Promise.all(times(3, () => RemoteStore.start(folder)));
  });
  afterEach(async () => {
    await Promise.all([...children].map(kill));
  });
  const at = (n: number): RemoteStore => stores[n % 3]!;

  it.each(MODES)(
    'have exactly 3 sessions of a principal after 50 concurrent logins, with %s',
    async (mode) => {
      const now = Date.now();
      for (const isRekey of [false, true]) {
        const principal = `${mode} ${isRekey}`;
        const logins = await Promise.all(
          times(50, async (n) => {
            const [from, to] = [newKey(), newKey()];
            if (isRekey) await at(n).call('create', from, recordOf({}));
            return { from, to, record: recordOf({}, { principal, createdAt: now + n, touchedAt: now + n }) };
          }),
        );
        const terms = termsOf(3, mode, now);
        const results = await Promise.all(
          logins.map(async ({ from, to, record }, n) =>
            isRekey
              ? at(n).call('rekey', from, to, record, 0, terms)
              : at(n).call('create', to, record, terms),
          ),
        );
        const evicted = results.flatMap((result) =>
          typeof result === 'object' && 'evicted' in result ? result.evicted.map(({ key }) => key) : [],
        );
        const refused = results.filter((result) => result === 'limit').length;
        expect({ refused, evicted: new Set(evicted).size }).toEqual(
          mode === 'reject' ? { refused: 47, evicted: 0 } : { refused: 0, evicted: 47 },
        );
        for (const store of stores) {
          const listed = await store.call('listByPrincipal', principal, now, 100);
          const found = await Promise.all(logins.map(async ({ to }) => store.call('load', to)));
          const live = logins.filter((_, n) => found[n] !== null).map(({ to }) => to);
          expect(live).toHaveLength(3);
          expect(new Set(listed.map(({ key }) => key))).toEqual(new Set(live));
        }
      }
    },
  );

  it('count every advanceEpoch() of 60 concurrent ones', async () => {
    const values = await Promise.all(times(60, async (n) => at(n).call('advanceEpoch', 'default')));
    expect(values.sort((one, other) => one - other)).toEqual(times(60, (n) => n + 1));
    for (const store of stores) expect(await store.call('epoch', 'default')).toBe(60);
  });

  it('refuse what another one has ended, and nothing that is created later, in 30 races', async () => {
    for (let race = 0; race < 30; race++) {
      const terms = { realm: `race ${race}`, isLogin: false, limit: null };
      const create = async (n: number): Promise<SessionKey> => {
        const key = newKey();
        await at(n).call('create', key, recordOf({}), terms);
        return key;
      };
      const before = await create(race);
      const moved = newKey();
      const [during] = await Promise.all([
        create(race + 1),
        at(race + 2).call('advanceEpoch', terms.realm),
        at(race).call('rekey', before, moved, recordOf({}), 0, terms),
      ]);
      const after = await create(race);
      for (const store of stores) {
        const states = await Promise.all(
          [before, moved, after, during].map(async (key) => store.call('load', key, terms.realm)),
        );
        for (const state of states.slice(0, 2)) expect(['revoked', null]).toContain(state);
        expect(states[2]).toMatchObject({ epoch: 1 });
        expect(states[3] === 'revoked' || (states[3] as { epoch?: number }).epoch === 1).toBe(true);
      }
    }
  });

  it('continue the scan of each other', async () => {
    const keys = times(100, () => newKey());
    await Promise.all(keys.map(async (key, n) => at(n).call('create', key, recordOf({}))));
    const found: SessionKey[] = [];
    let cursor: string | null = null;
    for (let pages = 0; pages === 0 || cursor !== null; pages++) {
      const page: SessionPage = await at(pages).call('scan', cursor, 7);
      found.push(...page.sessions.map(({ key }) => key));
      cursor = page.cursor;
    }
    expect(found.sort()).toEqual([...keys].sort());
  });
});
