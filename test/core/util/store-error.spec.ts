import { inspect } from 'node:util';
import { safeError, StoreError } from '../../../lib/core/util/store-error.js';

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

describe('safeError', () => {
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
    "OOM command not allowed when used memory > 'maxmemory'.",
    'LOADING Redis is loading the dataset in memory',
    "NOPERM this user has no permissions to run the 'evalsha' command",
    'Socket closed unexpectedly',
    'MDB_MAP_FULL: Environment mapsize limit reached',
    'No space left on device',
  ])('contains the message that an operator needs: %s', (message) => {
    expect(safeError('XStore', error(message, { code: 'X' }))).toMatchObject({ message, code: 'X' });
    expect(safeError('XStore', error(`${message}\n${SECRET}`)).message).not.toContain(message);
    expect(safeError('XStore', error(`${SECRET} ${message}`)).message).not.toContain(message);
  });

  it('has the message of the first one when several connections failed', () => {
    const refused = error('connect ECONNREFUSED ::1:5432', { code: 'ECONNREFUSED' });
    expect(safeError('XStore', new AggregateError([refused], '')).message).toBe(refused.message);
  });

  it('contains the reason of a failed Redis command', () => {
    const origin = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    const unknown = Object.assign(
      new TypeError("ERR unknown command 'evalsha', with args beginning with: 'a'"),
      {
        cause: new AggregateError([origin], 'all failed'),
      },
    );
    expect(safeError('XStore', unknown)).toMatchObject({
      name: 'TypeError',
      message: "ERR unknown command 'evalsha'",
      code: 'ECONNREFUSED',
    });
    const failed = new Error('failed', { cause: new AggregateError([origin], 'all failed') });
    expect(safeError('XStore', failed)).toMatchObject({ code: 'ECONNREFUSED', message: origin.message });
    const readonly = "READONLY You can't write against a read only replica.";
    const script = ` script: ${'0a'.repeat(20)}, on @user_script:7.`;
    for (const reply of [readonly, readonly + script, `ERR ${readonly}${script}`])
      expect(safeError('XStore', new Error(reply))).toMatchObject({
        code: 'READONLY',
        message: readonly,
      });
  });

  it('contains the code of a Redis reply whose text is withheld', () => {
    const denied = safeError('XStore', new Error(`NOPERM User bob may not touch the key '${SECRET}'`));
    expect(denied).toMatchObject({ code: 'NOPERM' });
    expect(denied.message).toMatch(/code NOPERM.* withheld/);
    expect(inspect(denied, { showHidden: true })).not.toContain(SECRET);
  });

  it('ends for an error that is its own cause', () => {
    const circular = new Error('a');
    circular.cause = circular;
    expect(safeError('XStore', circular).message).toContain('withheld');
    expect(safeError('XStore', 'a text').message).not.toContain('a text');
  });
});
