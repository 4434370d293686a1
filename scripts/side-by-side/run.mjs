/**
 * Runs the same scenarios with express-session and `nest-session/express`, and compares everything that a
 * client can observe: `node scripts/side-by-side/run.mjs [--json] [PART]`, after `npm run build`. `PART` is a
 * part of a title.
 *
 * Exits with 1 if a difference is not in differences.mjs, or if a difference listed there did not occur.
 */
import { readArguments } from '../read-arguments.mjs';
import { DIFFERENCES } from './differences.mjs';
import { play } from './play.mjs';
import { SCENARIOS } from './scenarios/index.mjs';
import { SIDES } from './sides.mjs';

const { values, positionals, refuse } = readArguments({
  usage: 'node scripts/side-by-side/run.mjs [--json] [PART]',
  options: { json: { type: 'boolean' } },
  allowPositionals: true,
});
const [part] = positionals;
if (positionals.length > 1) refuse(`Expected one part of a title, got ${positionals.length}.`);
const chosen = SCENARIOS.filter(({ name }) => part === undefined || name.includes(part));

const found = [];
for (const scenario of chosen) {
  const theirs = await play(scenario, SIDES.theirs);
  const ours = await play(scenario, SIDES.ours);
  for (const field of Object.keys(theirs)) {
    if (JSON.stringify(theirs[field]) === JSON.stringify(ours[field])) continue;
    const entry = DIFFERENCES.find((one) => covers(one, scenario, field, theirs[field], ours[field]));
    found.push({
      scenario: scenario.name,
      group: scenario.group,
      field,
      entry: entry?.id,
      theirs: theirs[field],
      ours: ours[field],
    });
  }
}
const undocumented = found.filter(({ entry }) => entry === undefined);
const unseen =
  part === undefined ? DIFFERENCES.filter(({ id }) => !found.some(({ entry }) => entry === id)) : [];

if (values.json) {
  const documented = DIFFERENCES.map(({ id, rule }) => ({
    id,
    rule,
    times: found.filter(({ entry }) => entry === id).length,
  }));
  console.log(
    JSON.stringify(
      {
        scenarios: chosen.length,
        groups: groups(),
        documented,
        undocumented,
        unseen: unseen.map(({ id }) => id),
      },
      null,
      2,
    ),
  );
} else {
  console.table(groups());
  for (const { scenario, field, theirs, ours } of undocumented) {
    console.log(`\nUNDOCUMENTED: ${scenario}: ${field}`);
    for (const [at, their, our] of unlike(theirs, ours)) {
      console.log(`  ${at}\n    express-session: ${their}\n    nest-session:    ${our}`);
    }
  }
  for (const { id } of unseen) console.log(`\nDOCUMENTED, BUT NOT SEEN: ${id}`);
  console.log(
    `\n${chosen.length} scenarios, ${found.length} differences, ${undocumented.length} of them undocumented`,
  );
}
process.exitCode = undocumented.length + unseen.length > 0 ? 1 : 0;

function covers(entry, scenario, seenField, theirs, ours) {
  if (![entry.field].flat().includes(seenField) || !entry.scenarios.test(scenario.name)) return false;
  const [their, our] = [theirs, ours].map((value) => JSON.stringify(value));
  if (entry.ours !== undefined && !entry.ours.test(our)) return false;
  return entry.only === undefined || their.replace(entry.only, '') === our.replace(entry.only, '');
}

function groups() {
  return Object.fromEntries(
    [...new Set(chosen.map(({ group }) => group))].map((group) => {
      const scenarios = chosen.filter((scenario) => scenario.group === group).length;
      const differences = found.filter((one) => one.group === group);
      const open = differences.filter(({ entry }) => entry === undefined).length;
      return [group, { scenarios, documented: differences.length - open, undocumented: open }];
    }),
  );
}

/** The parts of two values that differ, as text. */
function unlike(theirs, ours) {
  const keys = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])];
  const parts = keys.map((key) => [key, JSON.stringify(theirs[key]), JSON.stringify(ours[key])]);
  return parts.filter(([, their, our]) => their !== our);
}
