import { jest } from '@jest/globals';
import { PostgresSessionStore } from 'nest-session/postgres';
import {
  decodeName,
  decodePrincipal,
  encodeName,
  encodePrincipal,
} from '../../lib/stores/sql/identifier-encoding.js';
import { versionComment, versionInComment } from '../../lib/stores/sql/migration.js';
import type { SqlRow } from '../../lib/stores/sql/sql-client.js';
import { columnsOf, keyOf, recordOf } from '../../lib/stores/sql/sql-record.js';
import { plainTable, quoteTable, readTableName } from '../../lib/stores/sql/table-name.js';
import * as records from './support/sql.js';

const TEXTS = [
  ...['', ' ', '  ', 'a', 'a ', '-1', '0', '~', '~~', '~0000', '\\', '\\u0000', '\\\\u0000', '\0', '\n'],
  ...['__proto__', '$set', "'", '"', 'käse', '日本', '🍪', '\ud83c', '\udf6a', '\udf6a\ud83c', 'a\ud800'],
];

describe('the name of an attribute in a database', () => {
  it.each(TEXTS)('is encoded safely, and decoded to %j', (name) => {
    expect(encodeName(name)).toMatch(/^[A-Za-z0-9_~]+$/);
    expect(decodeName(encodeName(name))).toBe(name);
  });

  it('has a different encoding for each name, and is unchanged when it is plain', () => {
    expect(new Set(TEXTS.map(encodeName)).size).toBe(TEXTS.length);
    expect(encodeName('user_Id2')).toBe('user_Id2');
  });
});

describe('a principal in a database', () => {
  it.each(TEXTS)('is encoded for all databases, and decoded to %j', (principal) => {
    const encoded = encodePrincipal(principal);
    expect(encoded).not.toMatch(/\0| $/);
    expect(Buffer.from(encoded).toString()).toBe(encoded);
    expect(decodePrincipal(encoded)).toBe(principal);
  });

  it('has a different encoding for each principal, and is unchanged when it is plain', () => {
    expect(new Set(TEXTS.map(encodePrincipal)).size).toBe(TEXTS.length);
    expect(encodePrincipal("auth0|o'brien käse 🍪")).toBe("auth0|o'brien käse 🍪");
  });
});

describe('a row', () => {
  const record = records.recordOf({ n: '1', __proto__: '2' }, { principal: 'u', revision: 3 });
  const { createdAt, touchedAt, expiresAt, revision, principal, attributes, epoch } = columnsOf(record);
  const row = {
    ...{ created_at: createdAt, touched_at: touchedAt, expires_at: expiresAt },
    ...{ revision, principal, attributes, epoch },
  };

  it('is read as a record, for any format of numbers and JSON', () => {
    expect(recordOf(row)).toEqual(record);
    expect(recordOf({ ...row, created_at: String(createdAt), revision: 3n })).toEqual(record);
    expect(recordOf({ ...row, attributes: JSON.parse(attributes) as object })).toEqual(record);
    expect(recordOf({ ...row, epoch: '3' })).toEqual({ ...record, epoch: 3 });
  });

  it.each([
    ['attributes that are not JSON', { attributes: 'x' }],
    ['attributes that are a list', { attributes: '[]' }],
    ['attributes that are null', { attributes: 'null' }],
    ['an attribute that is not a string', { attributes: '{"n":1}' }],
    ['a time that is not a number', { expires_at: 'soon' }],
    ['a revision with a fraction', { revision: 1.5 }],
    ['a principal that is not a string', { principal: 5 }],
    ['an epoch that is not a number', { epoch: 'first' }],
    ['an epoch below 0', { epoch: -1 }],
  ])('is corrupt with %s', (_, over) => {
    expect(recordOf({ ...row, ...over })).toBeNull();
  });

  it.each([
    ['of a list, as with rowsAsArray', Object.values(row) as unknown as SqlRow, 'created_at'],
    ['without a revision', { ...row, revision: undefined }, 'revision'],
    ['without a time', { ...row, touched_at: null }, 'touched_at'],
    ['without attributes', { ...row, attributes: null }, 'attributes'],
    ['without a principal', { ...row, principal: undefined }, 'principal'],
    ['without an epoch', { ...row, epoch: undefined }, 'epoch'],
  ])('causes an error of the store in the form %s, which logs no user out', (_, held, column) => {
    expect(() => recordOf(held)).toThrow(new RegExp(`without the column ${column}\\.`));
    expect(() => keyOf(row)).toThrow(/without the column session_key/);
  });
});

describe('the name of a table', () => {
  it('is quoted for a statement, alone or with its schema', () => {
    const [alone, within] = ['sessions', 'app.Sessions'].map((name) => readTableName('XStore', name));
    expect(quoteTable(alone!, '"')).toBe('"sessions"');
    expect(quoteTable(within!, '`')).toBe('`app`.`Sessions`');
    expect([alone, within].map((name) => plainTable(name!))).toEqual(['sessions', 'app.Sessions']);
  });

  it.each(['', '.', 'a.', '.a', 'a.b.c', '1a', 'a b', 'a"b', 'a`b', 'a-b', 'ä', 'x'.repeat(49), 5, null])(
    'cannot be %j',
    (name) => {
      expect(() => readTableName('XStore', name)).toThrow(/^The option table of the XStore must be .*, got /);
    },
  );
});

describe('the schema version of a table', () => {
  it('is read from its comment, which may contain other text', () => {
    expect(versionInComment(versionComment(3))).toBe(3);
    expect(versionInComment(`sessions of the shop; ${versionComment(12)}`)).toBe(12);
    expect(versionInComment(Buffer.from(versionComment(2)))).toBe(2);
    for (const comment of [null, undefined, '', 'sessions']) expect(versionInComment(comment)).toBe(0);
  });
});

describe('a store whose database never responds', () => {
  it('can be closed', async () => {
    jest.useFakeTimers();
    try {
      const store = new PostgresSessionStore({ client: () => new Promise(() => undefined) });
      const load = jest.fn();
      void store.load(records.newKey()).then(load, load);
      const closing = store.close();
      await jest.advanceTimersByTimeAsync(5000);
      await closing;
      expect(load).not.toHaveBeenCalled();
    } finally {
      jest.useRealTimers();
    }
  });
});
