import { FakeClock } from 'nest-session/testing';
import { SessionError } from '../../../lib/core/errors.js';
import type { SessionEvent } from '../../../lib/core/session-event.js';
import { CircuitBreaker } from '../../../lib/core/store/circuit-breaker.js';

const ERROR = new SessionError('ERR_SESSION_STORE', 'down');
const DOWN = { type: 'store-down', error: ERROR };

describe('CircuitBreaker', () => {
  let clock: FakeClock;
  let events: SessionEvent[];
  let breaker: CircuitBreaker;
  beforeEach(() => {
    clock = new FakeClock();
    events = [];
    breaker = new CircuitBreaker(clock, (event) => events.push(event));
  });
  const times = (count: number, step: () => void): void => {
    for (let n = 0; n < count; n++) step();
  };

  it('emits nothing while the store works', () => {
    times(10, () => breaker.responded());
    expect(events).toEqual([]);
  });

  it('emits one event for an outage, and one for its end with its duration', () => {
    times(20, () => {
      breaker.failed(ERROR);
      clock.advance(100);
    });
    clock.advance(900);
    times(3, () => breaker.responded());
    expect(events).toEqual([DOWN, { type: 'store-up', downMs: 2900, failedCalls: 20 }]);
    clock.advance(1);
    breaker.failed(ERROR);
    expect(events).toHaveLength(3);
  });

  it('counts alternating successes and failures as one outage', () => {
    times(50, () => {
      breaker.failed(ERROR);
      clock.advance(500);
      breaker.responded();
      clock.advance(499);
    });
    expect(events).toEqual([DOWN]);
    clock.advance(1);
    breaker.responded();
    expect(events).toHaveLength(2);
  });

  it('waits longer before it ends an outage each time that the store fails again soon: the log stays short', () => {
    for (let minute = 0; minute < 10; minute++) {
      for (let second = 0; second < 30; second++) {
        breaker.failed(ERROR);
        clock.advance(2000);
        breaker.responded();
      }
    }
    expect(events.length).toBeLessThan(8);
  });

  it('emits the end of an outage although the clock was set back', () => {
    breaker.failed(ERROR);
    clock.advance(-3_600_000);
    breaker.responded();
    expect(events).toHaveLength(2);
  });

  it('admits each call of a store that fails without a timeout', () => {
    times(100, () => {
      expect(breaker.admits()).toBe(true);
      breaker.failed(ERROR);
    });
  });

  it('admits one call every 250 ms to a store that times out, until it returns a result', () => {
    times(5, () => {
      expect(breaker.admits()).toBe(true);
      breaker.timedOut(ERROR);
    });
    expect(breaker.admits()).toBe(false);
    clock.advance(249);
    expect(breaker.admits()).toBe(false);
    clock.advance(1);
    expect(breaker.admits()).toBe(true);
    expect(breaker.admits()).toBe(false);
    breaker.timedOut(ERROR);
    clock.advance(250);
    expect(breaker.admits()).toBe(true);
    breaker.responded();
    times(10, () => expect(breaker.admits()).toBe(true));
  });

  it('counts only timeouts in a row', () => {
    times(20, () => {
      times(4, () => breaker.timedOut(ERROR));
      breaker.responded();
      expect(breaker.admits()).toBe(true);
    });
  });

  it('admits a call when the clock was set back', () => {
    times(5, () => breaker.timedOut(ERROR));
    clock.advance(-3_600_000);
    expect(breaker.admits()).toBe(true);
  });
});
