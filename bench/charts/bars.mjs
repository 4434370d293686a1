import { box, picture, text } from './svg.mjs';
import { number } from '../lib/terminal.mjs';

const WIDTH = 760;
const LEFT = 180;
const RIGHT = 120;
const BAR = 16;

/**
 * Groups of bars to the right, ours in blue: `groups` are `{ name, bars: [{ name, value, base, isOurs }] }`. A `base` is
 * what is there anyway: it is drawn before the bar and not counted in its figure. Ours says how many times less it is
 * than the first bar of its group.
 */
export function bars({ title, unit, groups }) {
  const all = groups.flatMap((group) => group.bars);
  const longest = Math.max(...all.map(({ value, base = 0 }) => value + base));
  const scale = (WIDTH - LEFT - RIGHT) / longest;
  const body = [text(16, 26, title, 'title')];
  let y = 44;
  for (const { name, bars: series } of groups) {
    y += 18;
    body.push(text(16, y, name, 'soft'));
    y += 6;
    for (const bar of series) {
      body.push(...drawBar({ bar, first: series[0], y, scale, unit }));
      y += BAR + 5;
    }
    y += 6;
  }
  return picture({ title, width: WIDTH, height: y + 10, body });
}

function drawBar({ bar: { name, value, base = 0, isOurs }, first, y, scale, unit }) {
  const length = Math.max(0, value) * scale;
  const begin = LEFT + base * scale;
  return [
    text(LEFT - 8, y + 13, name, 'end'),
    ...(base > 0 ? [box(LEFT, y, base * scale, BAR, 'base')] : []),
    box(begin, y, length, BAR, isOurs ? 'ours' : 'peer'),
    text(
      begin + length + 6,
      y + 13,
      `${number(value)} ${unit}${isOurs ? comparison(value, first.value) : ''}`,
    ),
  ];
}

/** How many times less, or more, it is. */
function comparison(value, other) {
  if (value <= 0) return '';
  const times = other / value;
  if (times >= 1.1) return `, ${times.toFixed(times < 10 ? 1 : 0)}x less`;
  return times <= 0.9 ? `, ${(1 / times).toFixed(1)}x more` : '';
}
