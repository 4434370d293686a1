import { EndingStream, isStream } from '../../../lib/nest/subscriptions/ending-stream.js';

const run = <T>(step: () => T): T => step();

/** A source whose results a test gives, with a record of what it was asked for. */
class Source implements AsyncIterableIterator<number> {
  readonly asked: string[] = [];
  give!: (result: IteratorResult<number>) => void;
  fail!: (error: Error) => void;
  return = async (): Promise<IteratorResult<number>> => {
    this.asked.push('return');
    return { done: true, value: undefined };
  };
  throw!: NonNullable<AsyncIterator<number>['throw']>;

  next(): Promise<IteratorResult<number>> {
    this.asked.push('next');
    return new Promise((resolve, reject) => {
      this.give = resolve;
      this.fail = reject;
    });
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
}

const DONE = { done: true, value: undefined };

describe('the stream of a subscription', () => {
  let source: Source;
  let stream: EndingStream<number>;
  let closed: number;
  beforeEach(() => {
    closed = 0;
    source = new Source();
    stream = new EndingStream(source, run, () => closed++);
  });

  it('passes on what its source gives, and its end', async () => {
    const first = stream.next();
    source.give({ done: false, value: 1 });
    expect(await first).toEqual({ done: false, value: 1 });
    expect(closed).toBe(0);
    const last = stream.next();
    source.give({ done: true, value: 2 });
    expect(await last).toEqual({ done: true, value: 2 });
    expect(closed).toBe(1);
  });

  it('is complete for those who wait when it is ended, and drops what its source gives later', async () => {
    const waiting = stream.next();
    stream.end();
    expect(await waiting).toEqual(DONE);
    source.give({ done: false, value: 1 });
    expect([await stream.next(), await stream.next(), await stream.return()]).toEqual([DONE, DONE, DONE]);
    stream.end();
    expect(source.asked).toEqual(['next', 'return']);
  });

  it('ignores errors of a source that it has stopped', async () => {
    source.return = () => Promise.reject(new Error('cannot stop'));
    const waiting = stream.next();
    stream.end();
    source.fail(new Error('stopped'));
    expect(await waiting).toEqual(DONE);
  });

  it('ends a source that cannot be stopped', async () => {
    const endless = { [Symbol.asyncIterator]: () => ({ next: () => source.next() }) };
    const [left, ended] = [
      new EndingStream(endless, run, () => closed++),
      new EndingStream(endless, run, () => closed++),
    ];
    expect(await left.return()).toEqual(DONE);
    ended.end();
    expect(await ended.next()).toEqual(DONE);
    expect(closed).toBe(2);
  });

  it('passes on the error of its source, and how its client stops it', async () => {
    const failing = stream.next();
    source.fail(new Error('lost'));
    await expect(failing).rejects.toThrow('lost');
    expect(closed).toBe(1);
    expect(await stream.return()).toEqual(DONE);
    expect(source.asked).toEqual(['next', 'return']);
    await expect(stream.throw(new Error('no'))).rejects.toThrow('no');
    source.throw = async () => ({ done: false, value: 7 });
    expect(await stream.throw(new Error('no'))).toEqual({ done: false, value: 7 });
  });

  it('runs each step of its source in the given way', async () => {
    const steps: unknown[] = [];
    const noted = <T>(step: () => T): T => {
      steps.push('run');
      return step();
    };
    const other = new EndingStream(source, noted, () => undefined);
    void other.next();
    await other.return();
    expect(steps).toHaveLength(3);
  });

  it.each([
    [undefined, false],
    [null, false],
    ['text', false],
    [{}, false],
    [new Source(), true],
  ])('is made of what can be iterated: %p', (value, expected) => expect(isStream(value)).toBe(expected));
});
