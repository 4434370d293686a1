import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { createPool } from 'mysql2/promise';
import type { SessionPatch, SessionRecord } from 'nest-session/http';
import { MysqlSessionStore } from 'nest-session/mysql';
import { PostgresSessionStore } from 'nest-session/postgres';
import pg from 'pg';
import { systemClock } from '../../lib/core/util/clock.js';
import { newSessionId, sessionKey } from '../../lib/core/session-id.js';
import { SweepTimer } from '../../lib/core/store/sweep-timer.js';
import type { EngineName } from '../../scripts/servers/engines.mjs';
import { ownTime } from '../support/own-time.js';
import { describeWithServer } from '../support/servers.js';

const ROWS = 100_000;
/**
 * Limit for a request during a sweep, which must not wait for a batch. Includes the delay of a busy machine.
 */
const LONGEST_MS = 1000;

interface Made {
  readonly store: PostgresSessionStore | MysqlSessionStore;
  /** Copies the only row of the table repeatedly, with other keys. */
  readonly multiply: () => Promise<unknown>;
  readonly close: () => Promise<unknown>;
}

const COLUMNS = 'created_at, touched_at, expires_at, revision, principal, attributes';

const KINDS: readonly [EngineName, (url: string, table: string) => Made][] = [
  [
    'postgres',
    (url, table) => {
      const client = new pg.Pool({ connectionString: url });
      return {
        store: new PostgresSessionStore({ client, table }),
        multiply: () =>
          client.query(
            `INSERT INTO ${table} (session_key, ${COLUMNS})
             SELECT session_key || n, ${COLUMNS} FROM ${table}, generate_series(2, ${ROWS}) AS n`,
          ),
        close: () => client.end(),
      };
    },
  ],
  [
    'mariadb',
    (url, table) => {
      const client = createPool(url);
      return {
        store: new MysqlSessionStore({ client, table }),
        multiply: () =>
          client.query(
            `INSERT INTO ${table} (session_key, ${COLUMNS})
             SELECT CONCAT(session_key, seq), ${COLUMNS} FROM ${table}, seq_2_to_${ROWS}`,
          ),
        close: () => client.end(),
      };
    },
  ],
];

const recordOf = (expiresAt: number): SessionRecord => ({
  createdAt: 0,
  touchedAt: 0,
  expiresAt,
  principal: null,
  revision: 0,
  attributes: new Map([['userId', '"u1"']]),
});

for (const [engine, make] of KINDS)
  describeWithServer(engine, `${ROWS} expired sessions on ${engine}`, (url) => {
    it('are swept while requests run, and no request waits for the sweep', async () => {
      const { store, multiply, close } = make(url, `sweep_${randomBytes(6).toString('hex')}`);
      await store.create(sessionKey(newSessionId()), recordOf(1000));
      await multiply();
      const live = sessionKey(newSessionId());
      await store.create(live, recordOf(Date.now() + 3_600_000));

      const sweep = { isOver: false };
      const schedule = new SweepTimer(store, systemClock, 60_000);
      const swept = schedule.sweep().finally(() => (sweep.isOver = true));
      const waits: number[] = [];
      const start = ownTime();
      while (!sweep.isOver) {
        const began = ownTime();
        await visit(store, live);
        waits.push(ownTime() - began);
        await turn();
      }
      const took = ownTime() - start;
      const [longest, median] = [Math.max(...waits), waits.sort((a, b) => a - b)[waits.length >> 1]!];
      console.info(
        `${engine}: ${await swept} swept beside ${waits.length} visits; a visit took ${median.toFixed(1)} ms, the longest ${longest.toFixed()} of ${took.toFixed()} ms`,
      );
      expect(await swept).toBe(ROWS);
      // A request that waits for the sweep waits for most of it. On a slow machine requests take longer too.
      expect(waits.length).toBeGreaterThan(20);
      expect(median).toBeLessThan(took / 50);
      expect(longest).toBeLessThan(Math.max(LONGEST_MS, took / 4));
      expect(await store.load(live)).not.toBeNull();
      await store.close();
      await close();
    });
  });

/** The store calls of logged-in requests: load, patch, create and delete. */
async function visit(store: Made['store'], live: ReturnType<typeof sessionKey>): Promise<void> {
  const fresh = sessionKey(newSessionId());
  const touch: SessionPatch = {
    touchedAt: Date.now(),
    expiresAt: Date.now() + 3_600_000,
    principal: { from: null, to: null },
    changes: new Map(),
  };
  expect(await store.load(live)).not.toBeNull();
  expect(await store.patch(live, touch)).toBe('applied');
  expect(await store.create(fresh, recordOf(Date.now() + 3_600_000))).toBe('created');
  expect(await store.delete(fresh)).toBe('deleted');
}
