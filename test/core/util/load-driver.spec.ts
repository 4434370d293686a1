import { loadDriver } from '../../../lib/core/util/load-driver.js';

const cause = Object.assign(new Error("Cannot find module 'pg'"), { code: 'MODULE_NOT_FOUND' });
const missing = (): never => {
  throw cause;
};
const broken = (): never => {
  throw new RangeError('broken');
};

describe('loadDriver', () => {
  it('loads the first package that is installed and can be used', () => {
    expect(loadDriver('XStore', { a: missing, b: () => null, c: () => 3, d: broken })).toBe(3);
  });

  it('throws an error with the command to install a missing package', () => {
    const message = 'The XStore needs the package pg. Install it with: npm install pg';
    expect(() => loadDriver('XStore', { pg: missing })).toThrow(new Error(message, { cause }));
  });

  it('names all packages, and recommends the first one or the given one', () => {
    const loaders = { redis: missing, ioredis: missing };
    const needs = 'The XStore needs the package redis or ioredis. Install it with: npm install ';
    expect(() => loadDriver('XStore', loaders)).toThrow(`${needs}redis`);
    expect(() => loadDriver('XStore', loaders, 'ioredis')).toThrow(`${needs}ioredis`);
  });

  it('throws the error of an installed package that fails to load', () => {
    expect(() => loadDriver('XStore', { pg: broken, other: () => 1 })).toThrow(new RangeError('broken'));
  });
});
