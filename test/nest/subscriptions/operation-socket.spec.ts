import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { ServiceUnavailableException } from '@nestjs/common';
import { SessionError } from '../../../lib/core/errors.js';
import {
  operationSocketAt,
  operationSocketOf,
  type OperationSessions,
  type OperationSocket,
} from '../../../lib/nest/subscriptions/operation-socket.js';

/** The sessions of a module: what a test decides, and what the socket has asked for. */
class Sessions {
  readonly calls: string[] = [];
  failing: Error | null = null;
  isTrusted = true;
  isLost = false;
  isAvailable = true;
  end = (): void => undefined;
  unwatched = 0;

  readonly connections = {
    isTrusted: () => this.isTrusted,
    load: async () => {
      this.calls.push('load');
      if (this.failing !== null) throw this.failing;
      return { opened: { isAvailable: this.isAvailable } };
    },
    refresh: async () => {
      this.calls.push('refresh');
      if (this.failing !== null) throw this.failing;
      return this.isLost ? 'ended' : null;
    },
    watch: (_: unknown, end: () => void) => {
      this.end = end;
      return () => void this.unwatched++;
    },
    keepAlive: async () => void this.calls.push('keepAlive'),
    reportUnsaved: async () => void this.calls.push('reportUnsaved'),
  };
  readonly requests = { run: <T>(_: unknown, step: () => T): T => step() };

  get given(): OperationSessions {
    return this as unknown as OperationSessions;
  }
}

const endless = (): AsyncIterable<unknown> => ({
  [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }),
});
const isDone = async (stream: AsyncIterable<unknown>): Promise<boolean | undefined> =>
  (await stream[Symbol.asyncIterator]().next()).done;
const manyTurns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe('a WebSocket of GraphQL', () => {
  let sessions: Sessions;
  let handshake: IncomingMessage;
  let socket: OperationSocket;
  let closed: unknown[];
  beforeEach(() => {
    sessions = new Sessions();
    closed = [];
    const wire = Object.assign(new EventEmitter(), {
      destroyed: false,
      destroySoon: () => closed.push('wire'),
    });
    handshake = {
      method: 'GET',
      headers: { upgrade: 'websocket' },
      socket: wire,
    } as unknown as IncomingMessage;
    socket = operationSocketAt({ handshake, socket: { close: (...args) => closed.push(args) } });
  });
  const prepare = (context: object = {}, isUsed = false) => socket.prepare(sessions.given, context, isUsed);

  it('is found by the context of each of its operations', () => {
    expect(operationSocketAt({ handshake, socket: null })).toBe(socket);
    expect(operationSocketOf({ req: handshake })).toBe(socket);
    expect(operationSocketOf({ req: { ...handshake } })).toBeUndefined();
    expect(operationSocketOf({})).toBeUndefined();
  });

  it('loads the session at the first operation and reads it again at others, once each', async () => {
    const one = {};
    await Promise.all([prepare(one), prepare(one), prepare(one)]);
    expect(sessions.calls).toEqual(['load']);
    await prepare(one);
    await prepare({}, true);
    expect(sessions.calls).toEqual(['load', 'refresh', 'keepAlive']);
  });

  it('responds 503 while the store fails, and loads or reads at the next operation', async () => {
    sessions.failing = new SessionError('ERR_SESSION_STORE', 'down');
    await expect(prepare()).rejects.toThrow(ServiceUnavailableException);
    sessions.failing = null;
    expect(await prepare()).toBe(true);
    sessions.failing = new SessionError('ERR_SESSION_STORE', 'down');
    await expect(prepare()).rejects.toThrow(ServiceUnavailableException);
    sessions.failing = new TypeError('a fault');
    await expect(prepare()).rejects.toThrow(TypeError);
    sessions.failing = null;
    expect(await prepare()).toBe(true);
    expect(sessions.calls).toEqual(['load', 'load', 'refresh', 'refresh', 'refresh']);
  });

  it('loads a session again that was not available', async () => {
    sessions.isAvailable = false;
    await prepare();
    sessions.isAvailable = true;
    await prepare();
    await prepare();
    expect(sessions.calls).toEqual(['load', 'load', 'refresh']);
  });

  it('has another place for sessions once one has ended, and completes its streams', async () => {
    const context = {};
    await prepare(context);
    const before = socket.request;
    const stream = socket.streamOf(context, endless());
    const waiting = isDone(stream);
    sessions.end();
    expect(await waiting).toBe(true);
    expect(socket.request).not.toBe(before);
    // The resolver of an operation that began before returns its stream later.
    expect(await isDone(socket.streamOf(context, endless()))).toBe(true);
    await prepare();
    expect(sessions.calls).toEqual(['load', 'load']);
  });

  it('learns of the end by an operation, before the check', async () => {
    const context = {};
    await prepare(context);
    const waiting = isDone(socket.streamOf(context, endless()));
    sessions.isLost = true;
    await Promise.all([prepare(), prepare()]);
    expect(await waiting).toBe(true);
    expect(sessions.calls.filter((call) => call === 'load')).toHaveLength(2);
    await manyTurns();
    expect(sessions.unwatched).toBe(1);
  });

  it('is closed by an operation of a page of another origin (S-63)', async () => {
    sessions.isTrusted = false;
    expect(await prepare()).toBe(false);
    expect(closed).toEqual([[4403, 'forbidden-origin']]);
    const [other] = [operationSocketAt({ handshake: { ...handshake } as IncomingMessage, socket: null })];
    expect(await other.prepare(sessions.given, {}, false)).toBe(false);
    expect(closed.at(-1)).toBe('wire');
    expect(sessions.calls).toEqual([]);
  });

  it('watches nothing after it is closed, and reports changes that nobody has saved', async () => {
    await prepare();
    handshake.socket.emit('close');
    await manyTurns();
    expect([sessions.unwatched, sessions.calls]).toEqual([1, ['load', 'reportUnsaved']]);
  });
});
