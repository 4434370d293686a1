import { jest } from '@jest/globals';

/** Freezes `Date` for the tests of a file; `advance` moves it. Timers stay real. */
export function useFrozenTime(now: number): { readonly advance: (ms: number) => void } {
  let current = now;
  beforeEach(() => {
    current = now;
    jest.spyOn(Date, 'now').mockImplementation(() => current);
  });
  afterEach(() => jest.restoreAllMocks());
  return { advance: (ms) => (current += ms) };
}
