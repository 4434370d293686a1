import { jest } from '@jest/globals';
import session from 'nest-session/express';
import { QUIET } from './support/entry-implementations.js';

describe('a session with a response that is not from Node', () => {
  it('reports a failed save in a process warning, without the id (S-68)', () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const store = new session.MemoryStore();
    store.set = (id, _, callback) =>
      callback?.(new Error(`ENOSPC: no space left, open 'sessions/${id}.json'`));
    const req = { headers: {}, url: '/', socket: {} } as Record<string, unknown>;
    const res = { writeHead: () => undefined, setHeader: () => undefined, end: () => undefined };
    session({ ...QUIET, store })(req as never, res as never, () => undefined);
    (req['session'] as Record<string, unknown>)['n'] = 1;
    res.end();
    const message = String(warn.mock.calls[0]?.[0]);
    warn.mockRestore();
    expect(message).toContain('ENOSPC');
    expect(message).not.toContain(req['sessionID']);
  });
});
