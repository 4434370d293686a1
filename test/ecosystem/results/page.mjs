import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOGIN_STEPS } from '../flow/steps.mjs';
import { HERE } from '../places.mjs';
import { failedSteps, verdictOf, worseSteps } from './verdict.mjs';

const INTRO = `# Stores made for express-session

Made by \`npm run test:ecosystem -- --write\`; do not edit it by hand.

Each store of this page went through the same steps three times in one run: with express-session 1.19.0, with
[\`nest-session/express\`](migrating-from-express-session.md#changing-one-import), and as the \`store\` of
[\`SessionModule\`](migrating-from-express-session.md#moving-to-sessionmodule) in a Nest application on Express. What fails with
express-session too is the store's own.

- **clean**: everything passes that the store offers.
- **own defects**: people can log in and out; the steps named fail.
- **fails**: the login itself does not work; the steps named fail.

An emulator shows that a store sends what its server expects, as far as the emulator knows. It is not the server.
`;

const STEPS_TEXT = `## The steps

On the store alone:

- \`set and get\` with names and values outside ASCII, \`missing\`, \`overwrite\`, \`destroy\`, \`destroy a missing one\`
- \`all\`, \`length\`, \`clear\`, where the store has them, in each of the shapes that stores give
- \`touch\`: a session that is touched outlives its first lifetime
- \`expiry\`: the store hands out no session whose lifetime is over

Through an application:

- \`anonymous\`: no cookie for who has no session; \`counter\`: what three requests count is kept
- \`first login\`: of a visitor who has no session; \`login\`: \`regenerate()\`, \`save()\`, another cookie; \`old id\`: the cookie of before has no session any more
- \`reload\`: what was not saved is gone; \`parallel\`: 20 requests at once; \`logout\`: \`destroy()\`
- \`stays while used\` and \`gone when expired\`: with a lifetime of two and a half seconds

And \`no stray errors\`: nothing was thrown where nobody can catch it, which would end the process.
`;

const aliasText = () => `## Stores that ask for express-session themselves

Those marked with ¹ do \`require('express-session')\` and build on its \`Store\`. They work as they are, beside an express-session
that is there only for them. To have one implementation only, give npm a package of that name which is ours. Two files beside
your \`package.json\`:

${codeOf('package.json')}
${codeOf('index.js')}
and in your own \`package.json\`:

\`\`\`json
{
  "dependencies": { "express-session": "file:./express-session" },
  "overrides": { "express-session": "$express-session" }
}
\`\`\`

\`require()\` and \`import\` of \`express-session\` then give our function, in your files and in those of each store. Both ways were run;
the verdict is the same unless the table says otherwise.
`;

const REPEAT = `## How to repeat it

\`\`\`sh
npm run test:ecosystem                      # all stores that can run
npm run test:ecosystem -- --set ci          # those that CI runs on every change
npm run test:ecosystem -- connect-redis     # some
\`\`\`

Their packages are installed into \`test/ecosystem\`, once for each lockfile, and are no part of \`npm install\`. Redis, PostgreSQL,
MariaDB and memcached are those of the machine; root on Debian gets what is missing with \`NEST_SESSION_INSTALL=1\`. The run fails
where a step passes with express-session and not with us, and where a verdict is not the one in
[\`expected.json\`](../test/ecosystem/expected.json).
`;

/** The page of the documentation, from the rows and what was found for them. */
export function pageOf(rows, results) {
  const sorted = [...rows].sort((a, b) => keyOf(a).localeCompare(keyOf(b), 'en'));
  const run = sorted.filter(({ name }) => results[name].notRun === undefined);
  const notRun = sorted.filter(({ name }) => results[name].notRun !== undefined);
  const head = [
    'store',
    'backend',
    'express-session',
    '`nest-session/express`',
    '`SessionModule`',
    'what to mind',
  ];
  return [
    INTRO,
    `## ${run.length} stores that were run\n`,
    tableOf(
      head,
      run.map((row) => cellsOf(row, results[row.name])),
    ),
    `\n## ${notRun.length} stores that nothing can run here\n`,
    tableOf(
      ['store', 'backend', 'why'],
      notRun.map(({ name, backend, why }) => [name, backend, why ?? '']),
    ),
    '',
    aliasText(),
    STEPS_TEXT,
    REPEAT,
  ].join('\n');
}

/** The very files that the run uses. */
function codeOf(file) {
  const code = readFileSync(join(HERE, 'alias/express-session', file), 'utf8').trim();
  return `\`express-session/${file}\`:\n\n\`\`\`${file.split('.').pop()}\n${code}\n\`\`\`\n`;
}

const keyOf = ({ name }) => name.replace(/^@/, '');

function cellsOf(
  { name, backend, how, server, requiresSession, unsteady, mind = '' },
  { version, subjects },
) {
  const where = how ?? (server === undefined ? 'embedded' : 'server of Debian');
  const { original, dropIn, module, ...aliased } = subjects;
  const tell = unsteady ? () => 'own defects, other ones at each run' : tellVerdict;
  const other = !unsteady && Object.values(aliased).some((found) => worseSteps(original, found).length > 0);
  return [
    `${name} ${version}${requiresSession ? ' ¹' : ''}`,
    backend === where ? backend : `${backend}, ${where}`,
    ...[original, dropIn, module].map(tell),
    other ? `${mind} Worse with the alias.`.trim() : mind,
  ];
}

function tellVerdict(found) {
  const verdict = verdictOf(found);
  if (verdict === 'clean') return 'clean';
  const failed = failedSteps(found);
  if (verdict === 'defects') return `own defects: ${failed.join(', ')}`;
  return `fails: ${failed.filter((step) => LOGIN_STEPS.includes(step)).join(', ')}`;
}

const tableOf = (head, lines) =>
  [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
