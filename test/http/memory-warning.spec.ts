import { jest } from '@jest/globals';
import expressSession from 'express-session';
import memoryStore from 'memorystore';
import { MemoryStore } from 'nest-session/express';
import { MemorySessionStore, sessionMiddleware, type SessionOptions } from 'nest-session/http';
import { CountingStore } from '../support/counting-store.js';
import { SECRET } from '../support/secret.js';

type Given = SessionOptions['store'];

const callbackStore = { get: () => undefined, set: () => undefined, destroy: () => undefined };
const OwnMemoryStore = class extends expressSession.MemoryStore {};

describe('the startup warning of sessionMiddleware', () => {
  const before = process.env['NODE_ENV'];
  afterEach(() => {
    process.env['NODE_ENV'] = before;
  });

  const warnings = (environment: string, store: Given): string[] => {
    process.env['NODE_ENV'] = environment;
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      void sessionMiddleware({ secret: SECRET, store }).close();
      return warn.mock.calls.map(([message]) => String(message));
    } finally {
      warn.mockRestore();
    }
  };

  it.each<[string, Given]>([
    ['no store', undefined],
    ['a MemorySessionStore', new MemorySessionStore()],
    ['a MemoryStore of express-session', new expressSession.MemoryStore()],
    ['a subclass of it', new OwnMemoryStore()],
    ['a MemoryStore of nest-session/express', new MemoryStore()],
    ['memorystore', new (memoryStore(expressSession))({})],
  ])('is logged in production, and only there, for %s (S-76)', (_, store) => {
    expect(warnings('production', store)).toEqual([
      expect.stringMatching(/^Sessions are stored in the memory/),
    ]);
    expect(warnings('test', store)).toEqual([]);
  });

  it.each<[string, Given]>([
    ['another SessionStore', new CountingStore(new MemorySessionStore())],
    ['another store made for express-session', callbackStore],
    [
      'a store without a prototype',
      Object.assign(Object.create(null) as typeof callbackStore, callbackStore),
    ],
  ])('is not logged for %s', (_, store) => {
    expect(warnings('production', store)).toEqual([]);
  });
});
