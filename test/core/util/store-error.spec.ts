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
    'Invalid pathname',
    'Invalid protocol',
    'URI malformed',
    'ERR DB index is out of range',
    'ERR SELECT is not allowed in cluster mode',
    'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
    "Socket timeout. Expecting data, but didn't receive any in 2000ms.",
    "Socket timeout timeout. Expecting data, but didn't receive any in 3000ms.",
    'Command aborted due to connection close',
    'None of startup nodes is available',
    'Cluster is disconnected.',
    'Too many Cluster redirections',
    "NOPERM User bob-1 has no permissions to run the 'client|setinfo' command",
    "NOPERM ACL failure in script: User bob has no permissions to run the 'get' command",
    'NOPERM No permissions to access a key',
    'All sentinels are unreachable. Retrying from scratch after 10ms.',
    'All sentinels are unreachable and retry is disabled.',
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

  const SCRIPT = 'ab12'.repeat(10);
  const IN_SCRIPT = `ERR Error running script (call to f_${SCRIPT}): @user_script:7: `;
  it.each([
    ['OOM', "OOM command not allowed when used memory > 'maxmemory'."],
    ['READONLY', "READONLY You can't write against a read only replica."],
    [
      'MISCONF',
      'MISCONF Redis is configured to save RDB snapshots, but it is currently not able to persist on disk. ' +
        'Commands that may modify the data set are disabled, because this instance is configured to report errors ' +
        'during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). ' +
        'Please check the Redis logs for details about the RDB error.',
    ],
  ])('contains the reply %s of a command in a script of Redis 6', (code, reply) => {
    for (const text of [`${IN_SCRIPT}@user_script: 7: -${reply}`, `${IN_SCRIPT}-${reply}`, IN_SCRIPT + reply])
      expect(safeError('XStore', new Error(text))).toMatchObject({ code, message: reply });
  });

  it.each([
    ['All sentinels are unreachable. Retrying from scratch after 10ms.'],
    ['Too many Cluster redirections.'],
  ])('contains the message of ioredis without the previous error: %s', (message) => {
    const safe = safeError('XStore', new Error(`${message} Last error: Error: ${SECRET}\n${SECRET}`));
    expect(safe.message).toBe(message);
  });

  it.each([
    ['ERR', `ERR AUTH ${SECRET} called without any password configured for the default user.`],
    ['ERR', `ERR AUTH <password> called without any password configured for ${SECRET}`],
    ['ERR', `ERR SELECT ${SECRET} is not allowed in cluster mode`],
    ['ERR', `ERR DB index ${SECRET} is out of range`],
    ['ERR', `${IN_SCRIPT}@user_script: 7: -Cannot write ${SECRET}`],
    ['OOM', `${IN_SCRIPT}@user_script: 7: -OOM no room for ${SECRET}`],
    ['NOPERM', `NOPERM User bob has no permissions to access the '${SECRET}' key`],
    ['NOPERM', `NOPERM User bob has no permissions to run the 'get ${SECRET}' command`],
    [undefined, `Invalid pathname /${SECRET}`],
    [undefined, `Socket timeout. Expecting data, but didn't receive any in ${SECRET}ms.`],
    [undefined, `Too many Cluster redirections. First error: ${SECRET} Last error: none`],
    [undefined, `${SECRET} Last error: URI malformed`],
  ])('shows the code %s of a reply, and nothing else of it: %s', (code, message) => {
    const safe = safeError('XStore', new Error(message));
    expect((safe as { code?: unknown }).code).toBe(code);
    expect(safe.message).toContain('withheld');
    expect(inspect(safe, { depth: 20, showHidden: true })).not.toContain(SECRET);
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
