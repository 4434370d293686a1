import { SqlRunner } from '../../lib/stores/sql/sql-runner.js';
import type { SqlClient } from '../../lib/stores/sql/sql-client.js';
import type { SqlDialect } from '../../lib/stores/sql/sql-dialect.js';

/** A runner whose migrations are counted. */
function counted(): { readonly runner: SqlRunner<SqlClient>; migrations: number } {
  const dialect = { isTransient: () => false, migrate: async () => void made.migrations++ };
  const made = {
    migrations: 0,
    runner: new SqlRunner({
      name: 'TestStore',
      dialect: dialect as unknown as SqlDialect<SqlClient>,
      client: {} as SqlClient,
      migrate: true,
    }),
  };
  return made;
}

describe('an operation of an SQL store', () => {
  it.each([
    ['the table was dropped (MySQL)', { errno: 1146 }],
    ['another operation has created the table and not added all columns yet (MySQL)', { errno: 1054 }],
    ['the table was dropped (PostgreSQL)', { code: '42P01' }],
  ])('waits for a migration and runs again where %s', async (_, fields) => {
    const made = counted();
    let attempts = 0;
    const operation = async (): Promise<string> => {
      if (++attempts === 1) throw Object.assign(new Error('failed'), fields);
      return 'done';
    };
    expect(await made.runner.run(operation)).toBe('done');
    expect([attempts, made.migrations]).toEqual([2, 2]);
  });

  it('fails where the second attempt fails too, and for any other error', async () => {
    for (const [fields, times] of [
      [{ errno: 1054 }, 2],
      [{ errno: 1040 }, 1],
    ] as const) {
      let attempts = 0;
      const operation = async (): Promise<never> => {
        attempts++;
        throw Object.assign(new Error('failed'), fields);
      };
      await expect(counted().runner.run(operation)).rejects.toThrow('TestStore');
      expect(attempts).toBe(times);
    }
  });
});
