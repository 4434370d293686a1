import { chain, onFailure } from '../../../lib/core/util/awaitable.js';

describe('chain', () => {
  it('continues immediately with a value', () => {
    expect(chain(1, (n) => n + 1)).toBe(2);
  });

  it('continues when a promise resolves', async () => {
    const result = chain(Promise.resolve(1), (n) => n + 1);
    expect(result).toBeInstanceOf(Promise);
    expect(await result).toBe(2);
  });

  it('does not continue when a promise rejects', async () => {
    await expect(chain(Promise.reject(new Error('down')), () => 1)).rejects.toThrow('down');
  });
});

describe('onFailure', () => {
  const error = new Error('down');
  const recorded = (step: () => unknown) => {
    const runs: string[] = [];
    return { runs, result: () => onFailure(step, () => void runs.push('failed')) };
  };

  it('does nothing after a success', async () => {
    const { runs, result } = recorded(() => 1);
    expect(result()).toBe(1);
    expect(await recorded(async () => 2).result()).toBe(2);
    expect(runs).toEqual([]);
  });

  it('runs after a throw, which the caller gets', () => {
    const { runs, result } = recorded(() => {
      throw error;
    });
    expect(result).toThrow(error);
    expect(runs).toEqual(['failed']);
  });

  it('runs after a rejection, which the caller gets', async () => {
    const { runs, result } = recorded(() => Promise.reject(error));
    await expect(result()).rejects.toBe(error);
    expect(runs).toEqual(['failed']);
  });
});
