import { EventEmitter } from 'node:events';
import { inspect } from 'node:util';
import { jest } from '@jest/globals';
import { PostgresSessionStore } from 'nest-session/postgres';
import { ignoreErrors } from '../../lib/stores/sql/sql-client.js';
import { newKey } from './support/sql.js';

const SECRET = '1.keyOfSomebody';
const failure = Object.assign(new Error(`Key (session_key)=(${SECRET}) already exists.`), {
  ...{ code: '23502', detail: `Failing row contains (${SECRET}, {"a":"${SECRET}"}).` },
});

describe('the safe error of an SQL store', () => {
  it('is what every operation rejects with', async () => {
    const store = new PostgresSessionStore({ client: () => Promise.reject(failure) });
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
