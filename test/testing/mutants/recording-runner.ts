import type { TestRunner } from 'nest-session/testing';

type Hook = () => Promise<void>;

interface Suite {
  readonly title: string;
  readonly before: Hook[];
  readonly after: Hook[];
}

/** Result of each case by title: its error, or `null` if it passed. */
export type Outcomes = ReadonlyMap<string, unknown>;

/**
 * Runs the tests that `register` registers, in this process and one after another. A title has the titles of the suites
 * inside the outermost one in front. Only tests for which `isSelected` returns `true` run and have an outcome.
 */
export async function runRecorded(
  register: (runner: TestRunner) => void,
  isSelected: (title: string) => boolean = () => true,
): Promise<Outcomes> {
  const suites: Suite[] = [];
  const tests: { readonly title: string; readonly run: () => Promise<void> }[] = [];
  register({
    describe: (title, body) => {
      suites.push({ title, before: [], after: [] });
      body();
      suites.pop();
    },
    beforeEach: (hook) => suites.at(-1)!.before.push(hook),
    afterEach: (hook) => suites.at(-1)!.after.push(hook),
    it: (title, body) => {
      const around = [...suites];
      tests.push({
        title: [...around.slice(1).map((suite) => suite.title), title].join(' > '),
        run: async () => {
          for (const { before } of around) for (const hook of before) await hook();
          await body();
          for (const { after } of around) for (const hook of after) await hook();
        },
      });
    },
  });
  const outcomes = new Map<string, unknown>();
  for (const { title, run } of tests) {
    if (outcomes.has(title)) throw new Error(`Two tests have the title "${title}".`);
    if (!isSelected(title)) continue;
    outcomes.set(
      title,
      await run().then(
        () => null,
        (error: unknown) => error ?? 'nothing',
      ),
    );
  }
  return outcomes;
}
