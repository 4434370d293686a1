import { COLOURS, figure, picture, SOFT, TEXT } from './picture.mjs';

const ROW = 22;
const BAR = { type: 'bar', stack: 'one', barWidth: 16 };

/**
 * Groups of horizontal bars, ours in blue. `panels` are `{ unit, groups }`; each has a scale of its own. `groups` are
 * `{ name, bars: [{ name, value, base, isOurs }] }`; the first bar is the peer that ours is compared with. A `base` is
 * the cost without sessions: it is drawn before the bar and is no part of the figure. `baseName` is its legend.
 */
export function bars({ title, subtitle, panels, baseName }) {
  const rows = panels.flatMap(rowsOf);
  const top = baseName === undefined ? 62 : 88;
  const option = {
    grid: { left: 160, right: 196, top, height: rows.length * ROW },
    xAxis: { type: 'value', show: false, max: 1 },
    yAxis: { type: 'category', inverse: true, data: rows.map(nameOf), axisLabel: { interval: 0 } },
    series: [
      { ...BAR, name: baseName, data: rows.map(({ base }) => base), color: COLOURS.base },
      { ...BAR, data: rows.map(barOf) },
    ],
    legend: { show: baseName !== undefined, left: 155, top: 62 },
  };
  const description = rows.map(({ group, name, words }) => group ?? `${name} ${words}`).join('; ');
  return picture({ title, subtitle, description, height: top + rows.length * ROW + 14, option });
}

/** A row for the name of each group and for each bar, with lengths as shares of the longest. */
function rowsOf({ unit, groups }) {
  const longest = Math.max(
    ...groups.flatMap((group) => group.bars).map(({ value, base = 0 }) => value + base),
  );
  const rowOf = ({ name, value, base, isOurs }, peer) => ({
    ...{ name, isOurs, base: (base ?? 0) / longest, length: Math.max(0, value) / longest },
    words: `${base === undefined ? '' : '+'}${figure(value, unit, isOurs ? peer.value : undefined)}`,
  });
  return groups.flatMap((group) => [
    { group: group.name, base: 0, length: 0 },
    ...group.bars.map((bar) => rowOf(bar, group.bars[0])),
  ]);
}

const weightOf = (isOurs) => (isOurs ? 600 : 400);
const nameOf = ({ name = '', isOurs }) => ({ value: name, textStyle: { fontWeight: weightOf(isOurs) } });

/** The name of a group is the label of a bar without length. */
function barOf({ group, words, length, isOurs }) {
  const text = { ...TEXT, formatter: words, fontWeight: weightOf(isOurs) };
  const label = group === undefined ? text : { ...SOFT, formatter: group, offset: [-5, 3] };
  const itemStyle = { color: isOurs ? COLOURS.ours : COLOURS.peer, borderRadius: 2 };
  return { value: length, itemStyle, label: { show: true, position: 'right', ...label } };
}
