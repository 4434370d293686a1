import { SessionError } from '../../lib/core/errors.js';
import type { SessionEvent } from '../../lib/core/session-event.js';
import { describeEvent } from '../../lib/http/describe-event.js';
import { EventReporter, type EventLog } from '../../lib/http/event-reporter.js';
import { resolveSessionOptions } from '../../lib/http/resolve-options.js';
import { FakeClock } from '../../lib/testing/fake-clock.js';
import { SECRET } from '../support/secret.js';

const UP: SessionEvent = { type: 'store-up', downMs: 1, failedCalls: 1 };
const REJECTED: SessionEvent = {
  type: 'rejected',
  reason: 'duplicate-cookie',
  handles: ['a', 'b'],
  sessionName: 'default',
  at: 1,
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the reporter of events', () => {
  let lines: string[];
  const clock = new FakeClock();
  const report = (onEvent: (event: SessionEvent) => void): EventReporter => {
    lines = [];
    const log: EventLog = {
      log: ({ type }) => void lines.push(`log ${type}`),
      warn: (message) => void lines.push(`warn ${message}`),
    };
    return new EventReporter(resolveSessionOptions({ secret: SECRET, clock, onEvent }), log);
  };

  it('logs an event and passes it to the listener in a later turn', async () => {
    const reporter = report(({ type }) => void lines.push(`listener ${type}`));
    reporter.emit(UP);
    expect(lines).toEqual([]);
    await turn();
    expect(lines).toEqual(['log store-up', 'listener store-up']);
  });

  it('logs one rejected request a minute, and passes all of them to the listener', async () => {
    const reporter = report(({ type }) => void lines.push(`listener ${type}`));
    for (const wait of [0, 59_999, 1]) {
      clock.advance(wait);
      reporter.emit(REJECTED);
      await turn();
    }
    const listener = 'listener rejected';
    expect(lines).toEqual(['log rejected', listener, listener, 'log rejected', listener]);
  });

  it('names the option credentialStamp in the log where it is the one that fails', () => {
    const source = 'credentialStamp' as const;
    const error = new SessionError('ERR_SESSION_STORE', 'down');
    expect(describeEvent({ type: 'store-down', error, source })).toMatch(
      /^The option credentialStamp.of fails/,
    );
    expect(describeEvent({ type: 'store-up', downMs: 1000, failedCalls: 2, source })).toBe(
      'The option credentialStamp.of works again, after 1.0 seconds and 2 failed calls.',
    );
    expect(describeEvent({ type: 'store-up', downMs: 0, failedCalls: 1 })).toMatch(
      /^The session store works again/,
    );
  });

  it('logs the error of a listener as a warning', async () => {
    report(() => {
      throw new Error('no');
    }).emit(UP);
    await turn();
    expect(lines).toEqual(['log store-up', 'warn The option onEvent failed: no']);
  });

  it('is on while it has a listener, and passes each event to all of them', async () => {
    lines = [];
    const log: EventLog = { log: () => undefined, warn: (message) => void lines.push(`warn ${message}`) };
    const reporter = new EventReporter({ onEvent: null, clock }, log);
    expect(reporter.isOn).toBe(false);
    reporter.listen(() => {
      throw new Error('no');
    });
    reporter.listen(({ type }) => void lines.push(`listener ${type}`));
    expect(reporter.isOn).toBe(true);
    reporter.emit(UP);
    await turn();
    expect(lines).toEqual(['warn A listener of session events failed: no', 'listener store-up']);
    expect(report(() => undefined).isOn).toBe(true);
  });

  it('does not log events of the life of a session', async () => {
    const reporter = report(({ type }) => void lines.push(`listener ${type}`));
    const about = { sessionName: 'default', at: 1, handle: 'a', principal: null };
    reporter.emit({ type: 'created', ...about });
    reporter.emit({ ...REJECTED, reason: 'unknown-id' });
    await turn();
    expect(lines).toEqual(['listener created', 'listener rejected']);
  });

  it('logs each warning once', () => {
    const reporter = report(() => undefined);
    for (const message of ['a', 'b', 'a']) reporter.warnOnce(message);
    expect(lines).toEqual(['warn a', 'warn b']);
  });

  it('does not throw when the logger throws', () => {
    const log: EventLog = {
      log: () => undefined,
      warn: () => {
        throw new Error('no');
      },
    };
    const reporter = new EventReporter(resolveSessionOptions({ secret: SECRET, clock }), log);
    expect(() => reporter.warnOnce('a')).not.toThrow();
  });
});
