import type { TestRunner } from 'nest-session/testing';

type Hook = () => Promise<void>;

interface Suite {
  readonly title: string;
  readonly before: Hook[];
  readonly after: Hook[];
}

/** What became of each question, by its title: the error that it failed with, or `null`. */
export type Outcomes = ReadonlyMap<string, unknown>;

/**
 * Runs, in this process, what `register` registers with the runner that it is given, one question after another.
 * Titles are those of the questions, each behind the titles of the suites inside the outermost one. Questions that are not
 * asked have no outcome.
 */
export async function runRecorded(
  register: (runner: TestRunner) => void,
  isAsked: (title: string) => boolean = () => true,
): Promise<Outcomes> {
  const suites: Suite[] = [];
  const questions: { readonly title: string; readonly run: () => Promise<void> }[] = [];
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
      questions.push({
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
  for (const { title, run } of questions) {
    if (outcomes.has(title)) throw new Error(`Two questions have the title "${title}".`);
    if (!isAsked(title)) continue;
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
