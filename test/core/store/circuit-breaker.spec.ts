import { FakeClock } from 'nest-session/testing';
import { SessionError, type SessionEvent } from '../../../lib/core/errors.js';
import { CircuitBreaker } from '../../../lib/core/store/circuit-breaker.js';

const ERROR = new SessionError('ERR_SESSION_STORE', 'down');
const DOWN = { type: 'store-down', error: ERROR };

describe('StoreHealth', () => {
  let clock: FakeClock;
  let events: SessionEvent[];
  let health: CircuitBreaker;
  beforeEach(() => {
    clock = new FakeClock();
    events = [];
    health = new CircuitBreaker(clock, (event) => events.push(event));
  });
  const times = (count: number, step: () => void): void => {
    for (let n = 0; n < count; n++) step();
  };

  it('says nothing of a store that works', () => {
    times(10, () => health.answered());
    expect(events).toEqual([]);
  });

  it('tells an outage once, and its end once, with its length', () => {
    times(20, () => {
      health.failed(ERROR);
      clock.advance(100);
    });
    clock.advance(900);
    times(3, () => health.answered());
    expect(events).toEqual([DOWN, { type: 'store-up', downMs: 2900, failedCalls: 20 }]);
    clock.advance(1);
    health.failed(ERROR);
    expect(events).toHaveLength(3);
  });

  it('takes a store that works and fails in turn for one outage', () => {
    times(50, () => {
      health.failed(ERROR);
      clock.advance(500);
      health.answered();
      clock.advance(499);
    });
    expect(events).toEqual([DOWN]);
    clock.advance(1);
    health.answered();
    expect(events).toHaveLength(2);
  });

  it('waits longer for quiet each time that the store fails again soon: one user cannot fill the log', () => {
    for (let minute = 0; minute < 10; minute++) {
      for (let second = 0; second < 30; second++) {
        health.failed(ERROR);
        clock.advance(2000);
        health.answered();
      }
    }
    expect(events.length).toBeLessThan(8);
  });

  it('tells the end of an outage though the clock was set back', () => {
    health.failed(ERROR);
    clock.advance(-3_600_000);
    health.answered();
    expect(events).toHaveLength(2);
  });

  it('lets each call through to a store that fails, since it answers', () => {
    times(100, () => {
      expect(health.admits()).toBe(true);
      health.failed(ERROR);
    });
  });

  it('asks a store that does not answer four times a second, by one call at a time, until it answers', () => {
    times(5, () => {
      expect(health.admits()).toBe(true);
      health.unanswered(ERROR);
    });
    expect(health.admits()).toBe(false);
    clock.advance(249);
    expect(health.admits()).toBe(false);
    clock.advance(1);
    expect(health.admits()).toBe(true);
    expect(health.admits()).toBe(false);
    health.unanswered(ERROR);
    clock.advance(250);
    expect(health.admits()).toBe(true);
    health.answered();
    times(10, () => expect(health.admits()).toBe(true));
  });

  it('counts calls without an answer in a row only', () => {
    times(20, () => {
      times(4, () => health.unanswered(ERROR));
      health.answered();
      expect(health.admits()).toBe(true);
    });
  });

  it('asks again when the clock was set back', () => {
    times(5, () => health.unanswered(ERROR));
    clock.advance(-3_600_000);
    expect(health.admits()).toBe(true);
  });
});
