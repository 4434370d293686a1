import { EventEmitter } from 'node:events';
import { inspect } from 'node:util';
import { jest } from '@jest/globals';
import { PostgresSessionStore } from 'nest-session/postgres';
import { ignoreErrors } from '../../lib/stores/sql/sql-client.js';
import { safeError, StoreError } from '../../lib/core/util/store-error.js';
import { newKey } from './support/sql.js';

const SECRET = '1.keyOfSomebody';
const error = (message: string, fields: object = {}, kind: new (text: string) => Error = Error): Error =>
  Object.assign(new kind(message), fields);

const postgres = error(`null value in column "x" of relation "t" violates not-null constraint`, {
  ...{
    code: '23502',
    severity: 'ERROR',
    schema: 'public',
    table: 't',
    column: 'x',
    routine: 'ExecConstraints',
  },
  ...{ detail: `Failing row contains (${SECRET}, {"a":"${SECRET}"}).`, where: SECRET, internalQuery: SECRET },
});
const mysql = error(`Duplicate entry '${SECRET}' for key 'session_key'`, {
  ...{ code: 'ER_DUP_ENTRY', errno: 1062, sqlState: '23000', sqlMessage: SECRET, sql: `INSERT ${SECRET}` },
});

describe('the error of an SQL store', () => {
  it.each([
    ['of pg', postgres, { code: '23502', severity: 'ERROR', table: 't', column: 'x' }],
    ['of mysql2', mysql, { code: 'ER_DUP_ENTRY', errno: 1062, sqlState: '23000' }],
    [
      'of TypeORM',
      error(`QueryFailedError: ${SECRET}`, { query: SECRET, parameters: [SECRET], driverError: postgres }),
      { code: '23502' },
    ],
    ['of Drizzle', error(`Failed query: params: ${SECRET}`, { cause: mysql }), { errno: 1062 }],
    [
      'of Knex, with a code that other errors have with a safe message',
      error(`insert into t values ('${SECRET}') - connect ECONNREFUSED`, { code: 'ECONNREFUSED' }),
      { code: 'ECONNREFUSED' },
    ],
    [
      'with several errors',
      Object.assign(new AggregateError([postgres, mysql], SECRET), { code: 'ECONNREFUSED' }),
      { code: 'ECONNREFUSED' },
    ],
    ['of a URL', error('Invalid URL', { code: 'ERR_INVALID_URL', input: SECRET }, TypeError), {}],
    ['with a value for a code', error(SECRET, { code: SECRET, errno: SECRET, table: `${SECRET} x` }), {}],
    ['that is a string', SECRET, {}],
    ['that is undefined', undefined, {}],
  ])('shows nothing of a session: one %s', (_, raw, fields) => {
    const safe = safeError('XStore', raw);
    expect(safe).toBeInstanceOf(StoreError);
    expect(safe).toMatchObject(fields);
    expect(safe.cause).toBeUndefined();
    expect(inspect(safe, { depth: 20, showHidden: true })).not.toContain(SECRET);
    expect(safe.message).toContain('XStore');
  });

  it.each([
    'connect ECONNREFUSED 127.0.0.1:5432',
    'getaddrinfo ENOTFOUND db.example',
    'relation "nest_session" does not exist',
    'password authentication failed for user "app"',
    'Query read timeout',
    "Table 'app.nest_session' doesn't exist",
    "Access denied for user 'app'@'localhost' (using password: YES)",
    'SQLITE_BUSY: database is locked',
    'no such table: nest_session',
  ])('contains the message that an operator needs: %s', (message) => {
    expect(safeError('XStore', error(message, { code: 'X' }))).toMatchObject({ message, code: 'X' });
    expect(safeError('XStore', error(`${message}\n${SECRET}`)).message).not.toContain(message);
    expect(safeError('XStore', error(`${SECRET} ${message}`)).message).not.toContain(message);
  });

  it('has the message of the first one when several connections failed', () => {
    const refused = error('connect ECONNREFUSED ::1:5432', { code: 'ECONNREFUSED' });
    expect(safeError('XStore', new AggregateError([refused], '')).message).toBe(refused.message);
  });

  it('is what every operation rejects with', async () => {
    const store = new PostgresSessionStore({ client: () => Promise.reject(postgres) });
    const failed = await store.load(newKey()).catch((reason: unknown) => reason);
    expect(failed).toMatchObject({ code: '23502' });
    expect(inspect(failed, { depth: 20 })).not.toContain(SECRET);
    const migrated = await store.migrate().catch((reason: unknown) => reason);
    expect(inspect(migrated, { depth: 20 })).not.toContain(SECRET);
  });
});

describe('the errors of a client', () => {
  it('have one listener for all stores, until the last store is closed', () => {
    const client = new EventEmitter();
    const [one, other] = [ignoreErrors(client), ignoreErrors(client)];
    expect(client.listenerCount('error')).toBe(1);
    one();
    one();
    expect(() => client.emit('error', new Error('lost'))).not.toThrow();
    other();
    expect(client.listenerCount('error')).toBe(0);
    expect(() => ignoreErrors(() => undefined)()).not.toThrow();
  });
});

describe('a first migration that hangs', () => {
  it('is rejected after its limit, and the next call starts another one', async () => {
    jest.useFakeTimers();
    try {
      let hangs = true;
      const rows = [{ comment: 'nest-session schema 1' }];
      const client = (text: string): Promise<unknown> =>
        hangs ? new Promise(() => undefined) : Promise.resolve(text.includes('comment') ? rows : []);
      const store = new PostgresSessionStore({ client });
      const failed = Promise.all([store.load(newKey()), store.load(newKey())]).catch(
        (reason: Error) => reason.message,
      );
      await jest.advanceTimersByTimeAsync(15_000);
      expect(await failed).toMatch(/could not bring its table to the newest version/);
      hangs = false;
      expect(await store.load(newKey())).toBeNull();
    } finally {
      jest.useRealTimers();
    }
  });
});
