import { BODY_TOP, box, comparison, picture, text } from './svg.mjs';
import { number } from '../lib/terminal.mjs';

const WIDTH = 760;
const LEFT = 160;
const RIGHT = 196;
const BAR = 16;

/**
 * Groups of bars to the right, ours in blue: `panels` are `{ heading, unit, groups }`, each with a scale of its own, and
 * `groups` are `{ name, bars: [{ name, value, base, isOurs }] }`. A `base` is what is there anyway: it is drawn before
 * the bar and not counted in its figure. Ours says how many times less it is than the first bar of its group.
 */
export function bars({ title, subtitle, panels }) {
  const body = [];
  let y = BODY_TOP;
  for (const { heading, unit, groups } of panels) {
    const scale = scaleOf(groups);
    if (heading !== undefined) body.push(text(16, (y += 20), heading, 'strong'));
    for (const { name, bars: series } of groups) {
      body.push(text(16, (y += 22), name, 'soft'));
      y += 7;
      for (const bar of series) {
        body.push(...drawBar({ bar, words: wordsOf(bar, series[0], unit), y, scale }));
        y += BAR + 5;
      }
    }
    y += 8;
  }
  return picture({ title, subtitle, description: describe(panels), width: WIDTH, height: y + 8, body });
}

function scaleOf(groups) {
  const lengths = groups.flatMap((group) => group.bars.map(({ value, base = 0 }) => value + base));
  return (WIDTH - LEFT - RIGHT) / Math.max(...lengths);
}

function drawBar({ bar: { name, value, base = 0, isOurs }, words, y, scale }) {
  const length = Math.max(0, value) * scale;
  const begin = LEFT + base * scale;
  const weight = isOurs ? 'strong' : '';
  return [
    text(LEFT - 8, y + 13, name, `end ${weight}`.trim()),
    ...(base > 0 ? [box(LEFT, y, base * scale, BAR, 'base')] : []),
    box(begin, y, length, BAR, isOurs ? 'ours' : 'peer'),
    text(begin + length + 7, y + 13, words, weight),
  ];
}

function wordsOf({ value, base, isOurs }, first, unit) {
  const figure = value > 0 ? `${base === undefined ? '' : '+'}${number(value)} ${unit}` : `about 0 ${unit}`;
  const times = isOurs ? comparison(value, first.value) : '';
  return times === '' ? figure : `${figure}, ${times}`;
}

function describe(panels) {
  return panels
    .flatMap(({ heading, unit, groups }) =>
      groups.map(({ name, bars: series }) => {
        const figures = series.map((bar) => `${bar.name} ${wordsOf(bar, series[0], unit)}`);
        return `${heading === undefined ? '' : `${heading}: `}${name}: ${figures.join('; ')}.`;
      }),
    )
    .join(' ');
}
