/**
 * Prints how many parity rules have a test: a test proves a rule if its title ends with the number, `it('... (R93, W7)')`.
 * The rules are those of docs/parity-rules.md, the security requirements those of docs/security-requirements.md.
 *
 * Fails if an A or R rule has no test, and if a title or a comment cites a number that neither page has.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** A rule is one line: `- <a id="r1"></a>**R1** text`, which may end with `_No test: reason._`. */
const RULE = /^- <a id="([^"]+)"><\/a>\*\*([A-Z]-?\d+b?)\*\* (?:.*_No test: (.+)\._$)?/gm;
/** Matches numbers of rules, including rules that do not exist. */
const NUMBER = String.raw`(?:S-?|[ARW])\d+b?`;
const GROUP = String.raw`\((${NUMBER}(?:, ${NUMBER})*)\)`;
const IN_TITLE = new RegExp(GROUP, 'g');
const AT_END_OF_TITLE = new RegExp(`${GROUP}['"\`]`, 'g');
const IN_COMMENT = new RegExp(String.raw`(?<![\w%#&/.-])${NUMBER}(?![\w-])`, 'g');
const COMMENT = /\/\*\*?[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm;

const rulesOf = (page) =>
  [...readFileSync(join(ROOT, 'docs', page), 'utf8').matchAll(RULE)].map(([, anchor, number, note]) => {
    if (anchor !== number.toLowerCase()) throw new Error(`${page}: ${number} has the anchor ${anchor}.`);
    return { number, note };
  });

const parityRules = rulesOf('parity-rules.md');
const rules = parityRules.filter(({ number }) => !number.startsWith('W'));
const faults = parityRules.filter(({ number }) => number.startsWith('W'));
const defined = [...parityRules, ...rulesOf('security-requirements.md')].map(({ number }) => number);
const twice = defined.filter((number, index) => defined.indexOf(number) !== index);

const sources = ['lib', 'test']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  )
  .filter((path) => /\.(ts|mjs)$/.test(path) && !path.includes('node_modules'))
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));

const specs = sources.filter(({ path }) => path.endsWith('.spec.ts'));

const citedIn = (text, pattern) => [...text.matchAll(pattern)].flatMap(([, numbers]) => numbers.split(', '));
const citedInComments = (text) =>
  [...text.matchAll(COMMENT)].flatMap(([comment]) =>
    [...comment.matchAll(IN_COMMENT)].map(([number]) => number),
  );

const tested = new Set(specs.flatMap(({ text }) => citedIn(text, AT_END_OF_TITLE)));
const untested = (some) => some.filter(({ number }) => !tested.has(number));
const open = untested(rules).filter(({ note }) => note === undefined);
const unknown = sources.flatMap(({ path, text }) =>
  [...new Set([...citedIn(text, IN_TITLE), ...citedInComments(text)])]
    .filter((number) => !defined.includes(number))
    .map((number) => `${number} in ${path}`),
);

const numbersOf = (some) => some.map(({ number }) => number).join(', ');
const fail = (message) => {
  console.log(message);
  process.exitCode = 1;
};

console.log(`${rules.length - untested(rules).length} of ${rules.length} rules have a test.`);
console.log(`${faults.length - untested(faults).length} of ${faults.length} faults have a test.`);
for (const { number, note } of untested(rules)) if (note) console.log(`Note ${number}: ${note}.`);
if (untested(faults).length > 0) console.log(`Faults without a test: ${numbersOf(untested(faults))}`);
if (open.length > 0) fail(`Rules without a test: ${numbersOf(open)}`);
if (twice.length > 0) fail(`Numbers that the pages define twice: ${twice.join(', ')}`);
if (unknown.length > 0) fail(`Numbers that neither page defines: ${unknown.join('; ')}`);
