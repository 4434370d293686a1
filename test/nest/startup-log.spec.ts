import { MemorySessionStore } from 'nest-session';
import { resolveSessionOptions } from '../../lib/http/resolve-options.js';
import type { SessionOptions } from '../../lib/http/session-options.js';
import { logStart } from '../../lib/nest/startup-log.js';
import { SECRET } from '../support/secret.js';

function linesOf(options: Partial<SessionOptions>): string[] {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const store = new MemorySessionStore();
  logStart({ log: write, warn: write }, resolveSessionOptions({ secret: SECRET, store, ...options }));
  return lines;
}

describe('the log at startup', () => {
  it('is silent without a profile and a limit', () => {
    expect(linesOf({ timeouts: { idle: 60_000 } })).toEqual([]);
  });

  it('states the policy of a profile in one line (S-1)', () => {
    expect(linesOf({ timeouts: { profile: 'aal2' } })).toEqual([
      expect.stringContaining('Sessions follow the profile aal2'),
    ]);
  });

  it('states the limit of sessions per user (S-2)', () => {
    expect(linesOf({ limit: { perPrincipal: 3 } })).toEqual([
      'A user may have 3 sessions; one more login ends the oldest.',
    ]);
  });

  it('reports a store that was made for express-session', () => {
    const store = { get() {}, set() {}, destroy() {} };
    expect(linesOf({ store: store })).toEqual([expect.stringContaining('made for express-session')]);
  });
});
