/** What is asked of a store, in the order in which it is told. */
export const DIRECT_STEPS = [
  'set and get',
  'missing',
  'overwrite',
  'destroy',
  'destroy a missing one',
  'all',
  'length',
  'clear',
  'touch',
  'expiry',
];

/** What is asked of an application that keeps its sessions in the store. */
export const HTTP_STEPS = [
  'anonymous',
  'counter',
  'first login',
  'login',
  'reload',
  'old id',
  'parallel',
  'logout',
  'stays while used',
  'gone when expired',
];

/** Told of the process as a whole: no error came up where nobody can catch it. */
export const PROCESS_STEP = 'no stray errors';

/** Without these, nobody can log in and out. */
export const LOGIN_STEPS = [
  'starts',
  'anonymous',
  'counter',
  'first login',
  'login',
  'reload',
  'old id',
  'parallel',
  'logout',
];

export const STEPS = ['starts', ...DIRECT_STEPS, ...HTTP_STEPS, PROCESS_STEP];

/** More than these would be slow for another reason. */
const MOST_TRIES = 4;

/** Not offered by the store, and optional. */
export class Absent extends Error {}

class TooLate extends Error {}

/** Does what must be done within the life of a session; where the machine was too slow for that, from the start again. */
export async function inTime(action) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await action((isInTime) => {
        if (!isInTime && tries < MOST_TRIES) throw new TooLate();
      });
    } catch (error) {
      if (!(error instanceof TooLate)) throw error;
    }
  }
}

/** Writes down how each step ends: `pass`, `absent`, or `fail: ` with the reason. */
export class StepLog {
  results = {};

  async run(name, step) {
    try {
      await step();
      this.results[name] = 'pass';
    } catch (error) {
      this.results[name] = error instanceof Absent ? 'absent' : `fail: ${reasonOf(error)}`;
    }
  }

  fail(name, error) {
    this.results[name] = `fail: ${reasonOf(error)}`;
  }
}

/** One short line, without session ids, folders and ports: the same at each run. */
export function reasonOf(error) {
  const text = String(error?.message || error?.code || error?.name || error);
  const line = text.split(/\n|\\n/).find((part) => part.trim() !== '') ?? 'without a message';
  // Such messages quote what they were given, and say where: that is other data each time.
  if (/\bJSON\b/.test(line))
    return `${/^\/\w+ is answered with \d+: /.exec(line)?.[0] ?? ''}JSON that cannot be read`;
  return line
    .replace(/(?:file:\/\/)?(?:\/[\w.@+-]+){2,}\/?/g, '(path)')
    .replace(/127\.0\.0\.1:\d+/g, '(server)')
    .replace(/[\w-]{20,}/g, '(id)')
    .trim()
    .slice(0, 120);
}
