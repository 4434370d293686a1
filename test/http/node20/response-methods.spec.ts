import type { ServerResponse } from 'node:http';
import { outputsOf, reserveOutputs } from '../../../lib/http/node20/response-methods.js';
import { GATE } from '../../../lib/http/response/output-methods.js';

const METHODS = ['writeHead', 'write', 'end', 'flushHeaders'] as const;

/** A prototype whose methods return its name, `this` and the arguments. */
const prototypeNamed = (name: string): object =>
  Object.fromEntries(
    METHODS.map((method) => [
      method,
      function (this: unknown, ...args: unknown[]) {
        return [name, method, this, ...args];
      },
    ]),
  );

describe.each(METHODS)('%s of a prepared response', (method) => {
  it('calls the method of the current prototype', () => {
    const res = Object.create(prototypeNamed('first')) as ServerResponse;
    reserveOutputs(res);
    expect((res as never)[method]).toEqual(expect.any(Function));
    const call = (on: object) => (on as Record<string, (...args: unknown[]) => unknown>)[method]!('a', 'b');
    expect(call(res)).toEqual(['first', method, res, 'a', 'b']);
    Object.setPrototypeOf(res, prototypeNamed('second'));
    expect(call(res)).toEqual(['second', method, res, 'a', 'b']);
    // Objects whose prototype is the response, with an own gate property or without.
    for (const more of [{}, { [GATE]: { value: undefined } }]) {
      const upon = Object.create(res, more) as object;
      expect(call(upon)).toEqual(['second', method, upon, 'a', 'b']);
    }
  });

  it('is the method of the prototype in outputsOf()', () => {
    const prototype = prototypeNamed('first');
    const res = Object.create(prototype) as ServerResponse;
    reserveOutputs(res);
    expect(outputsOf(res)[method]).toBe((prototype as never)[method]);
    const own = () => undefined;
    Object.assign(res, { [method]: own });
    expect(outputsOf(res)[method]).toBe(own);
  });
});
