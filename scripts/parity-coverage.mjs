/**
 * Says which parity rules have a test: a rule is proven by a title that ends with its number, `it('... (R93, W7)')`.
 * Fails where a rule of the surface (S) or of the behaviour (R) has none.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const upTo = (letter, first, last) =>
  Array.from({ length: last - first + 1 }, (_, index) => `${letter}${first + index}`);

/** The rules of what express-session does; numbers have gaps on purpose. */
const RULES = [
  ...upTo('S', 1, 15),
  ...upTo('R', 1, 33),
  'R33b',
  ...upTo('R', 34, 55),
  ...upTo('R', 57, 71),
  ...upTo('R', 73, 83),
  ...upTo('R', 88, 96),
  ...upTo('R', 105, 110),
  ...upTo('R', 112, 117),
  'R119',
  'R120',
];
const FAULTS = upTo('W', 1, 26);

/** Rules that say nothing which a test could show, and why. */
const NOTES = {
  R119: 'says only that there are no other texts',
};

const ROOT = join(import.meta.dirname, '..', 'test');

const titles = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.spec.ts'))
  .flatMap((path) => [
    ...readFileSync(join(ROOT, path), 'utf8').matchAll(/\(([SRW]\d+b?(?:, [SRW]\d+b?)*)\)['"`]/g),
  ])
  .flatMap(([, numbers]) => numbers.split(', '));

const tested = new Set(titles);
const untested = (numbers) => numbers.filter((number) => !tested.has(number));
const unknown = [...tested].filter((number) => ![...RULES, ...FAULTS].includes(number));
const open = untested(RULES).filter((number) => !(number in NOTES));

console.log(`${RULES.length - untested(RULES).length} of ${RULES.length} rules have a test.`);
console.log(`${FAULTS.length - untested(FAULTS).length} of ${FAULTS.length} faults have a test.`);
for (const number of untested(RULES)) if (number in NOTES) console.log(`Note ${number}: ${NOTES[number]}.`);
if (untested(FAULTS).length > 0) console.log(`Faults without a test: ${untested(FAULTS).join(', ')}`);
if (unknown.length > 0) console.log(`Numbers that are no rules: ${unknown.join(', ')}`);
if (open.length > 0) {
  console.log(`Rules without a test: ${open.join(', ')}`);
  process.exitCode = 1;
}
