import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SqliteSessionStore } from 'nest-session/sqlite';
import { ownTime } from '../support/own-time.js';
import { describeWithDriver, SQLITE_DRIVERS, type OpenDatabase } from './support/sqlite-drivers.js';
import { newKey, newTable, patchOf, recordOf, times } from './support/sql.js';

const folder = mkdtempSync(join(tmpdir(), 'nest-session-busy-'));
const newFile = (): string => join(folder, `${newTable()}.db`);

type DatabaseClass = new (path: string) => OpenDatabase;

/** The driver of the store: two builds of SQLite in one process ignore the locks of each other. */
function sameDriver(): DatabaseClass {
  const builtin = process.getBuiltinModule('node:sqlite') as { DatabaseSync: DatabaseClass } | undefined;
  return builtin?.DatabaseSync ?? (createRequire(import.meta.url)('libsql') as DatabaseClass);
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The longest time that the event loop was blocked during some work. */
async function longestStop(work: () => Promise<unknown>): Promise<number> {
  let [longest, last] = [0, ownTime()];
  const look = (): void => {
    const now = ownTime();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(look, 5);
  try {
    await work();
    look();
    return longest;
  } finally {
    clearInterval(timer);
  }
}

/** Half of what a call that waits for the lock in SQLite itself would stop the event loop: two seconds. */
const SHORT_MS = 1000;

describe('a SqliteSessionStore while another connection locks the file', () => {
  let path: string;
  let store: SqliteSessionStore;
  let other: OpenDatabase;
  const key = newKey();
  const patches = (count: number): Promise<unknown>[] =>
    times(count, (n) => store.patch(key, patchOf({ [`n${n}`]: [null, '1'] })));
  beforeEach(async () => {
    path = newFile();
    store = new SqliteSessionStore({ path });
    await store.create(key, recordOf({}));
    other = new (sameDriver())(path);
    other.exec('BEGIN IMMEDIATE');
  });
  afterEach(async () => {
    other.close();
    await store.close();
  });

  it('waits asynchronously, reads meanwhile, and then writes', async () => {
    let answers: unknown[] = [];
    const stop = await longestStop(async () => {
      const waiting = Promise.all(patches(50));
      expect(await store.load(key)).toMatchObject({ revision: 0 });
      await delay(600);
      other.exec('COMMIT');
      answers = await waiting;
    });
    expect(new Set(answers)).toEqual(new Set(['applied']));
    expect(await store.load(key)).toMatchObject({ revision: 50 });
    expect(stop).toBeLessThan(SHORT_MS);
  });

  it('rejects after two seconds, for any number of waiting calls', async () => {
    const [began, ownBegan] = [performance.now(), ownTime()];
    const stop = await longestStop(async () => {
      const answers = await Promise.allSettled(patches(50));
      expect(answers.every(({ status }) => status === 'rejected')).toBe(true);
      expect((answers[49] as PromiseRejectedResult).reason).toMatchObject({ code: 'SQLITE_BUSY' });
    });
    expect(performance.now() - began).toBeGreaterThan(1500);
    expect(ownTime() - ownBegan).toBeLessThan(3000);
    expect(stop).toBeLessThan(SHORT_MS);
    other.exec('ROLLBACK');
    expect(await patches(1)[0]).toBe('applied');
  });

  it('waits in the same way to create its table', async () => {
    const late = new SqliteSessionStore({ path, table: 'late' });
    const stop = await longestStop(async () => {
      const created = late.create(key, recordOf({}));
      await delay(400);
      other.exec('COMMIT');
      expect(await created).toBe('created');
    });
    expect(stop).toBeLessThan(SHORT_MS);
    await late.close();
  });
});

for (const driver of SQLITE_DRIVERS) {
  describeWithDriver(driver, `a transaction of the application over ${driver.name}`, (open) => {
    it('makes saves and migrations fail', async () => {
      const database = open(newFile());
      const [used, unused] = ['used', 'unused'].map(
        (table) => new SqliteSessionStore({ database, table }),
      ) as [SqliteSessionStore, SqliteSessionStore];
      const [key, record] = [newKey(), recordOf({})];
      await used.create(key, record);
      database.exec('BEGIN');
      await expect(used.create(newKey(), record)).rejects.toThrow(/in a transaction of the application/);
      await expect(unused.load(key)).rejects.toThrow(/in a transaction of the application/);
      database.exec('ROLLBACK');
      expect(await used.load(key)).toEqual(record);
      expect(await unused.create(key, record)).toBe('created');
      database.close();
    });

    it('is detected also when only a second BEGIN reports it', async () => {
      const database = open(':memory:');
      const silent = {
        exec: (text: string) => database.exec(text),
        prepare: (text: string) => database.prepare(text),
      };
      database.exec('BEGIN');
      const store = new SqliteSessionStore({ database: silent });
      await expect(store.load(newKey())).rejects.toThrow(/in a transaction of the application/);
      database.close();
    });
  });
}
