import { jest } from '@jest/globals';

/** The tests of a file run at one instant; the clock moves when it is told to. Timers are the real ones. */
export function useFrozenTime(now: number): { readonly advance: (ms: number) => void } {
  let current = now;
  beforeEach(() => {
    current = now;
    jest.spyOn(Date, 'now').mockImplementation(() => current);
  });
  afterEach(() => jest.restoreAllMocks());
  return { advance: (ms) => (current += ms) };
}
