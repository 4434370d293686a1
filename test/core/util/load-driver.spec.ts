import { createRequire } from 'node:module';
import { isMissing, loadDriver } from '../../../lib/core/util/load-driver.js';

const require = createRequire(import.meta.url);
const missing = (): unknown => require('no-such-package-anywhere');

describe('loadDriver', () => {
  it('returns what the package exports', () => {
    expect(loadDriver('Redis store', 'redis', () => 'driver')).toBe('driver');
  });

  it('names the store, the missing package and the command that installs it', () => {
    expect(() => loadDriver('Redis store', 'redis', missing)).toThrow(
      'The Redis store needs the package redis. Install it with: npm install redis',
    );
  });

  it('passes on the error of a package that is installed and fails', () => {
    const broken = new Error('wrong platform');
    expect(isMissing(broken)).toBe(false);
    expect(() =>
      loadDriver('Redis store', 'redis', () => {
        throw broken;
      }),
    ).toThrow(broken);
  });
});
