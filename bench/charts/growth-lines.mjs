import { COLOURS, figure, picture, SOFT, TEXT } from './picture.mjs';

/** Microseconds. A logarithmic axis has no place for zero. */
const LEAST = 0.1;

/**
 * Lines over two logarithmic axes, ours beside the one of a peer. `lines` are `{ name, points: [[x, us]], isOurs }`, the
 * peer's first. `nameOf` makes the label of an x.
 */
export function growthLines({ title, subtitle, below, lines, nameOf }) {
  const sizes = lines[0].points.map(([at]) => at);
  const option = {
    grid: { left: 76, right: 200, top: 80, bottom: 58 },
    xAxis: {
      ...{ type: 'log', min: sizes[0], max: sizes.at(-1), splitLine: { show: false } },
      ...{ axisLabel: { customValues: sizes, formatter: nameOf }, axisTick: { customValues: sizes } },
      ...{ name: below, nameLocation: 'middle', nameGap: 34 },
    },
    yAxis: { type: 'log', axisLabel: { formatter: (us) => (us >= 1000 ? `${us / 1000} ms` : `${us} µs`) } },
    series: lines.map((line) => seriesOf(line, lines[0])),
  };
  const describe = ({ name, points }) =>
    `${name}: ${points.map(([at, us]) => `${nameOf(at)} ${timeOf(us)}`).join(', ')}`;
  return picture({ title, subtitle, description: lines.map(describe).join('; '), height: 400, option });
}

/** A line. At its end stand its name and the figure of the last point. */
function seriesOf({ name, points, isOurs }, peer) {
  const color = isOurs ? COLOURS.ours : COLOURS.peer;
  const lastOf = (all) => all.at(-1)[1];
  const words = timeOf(lastOf(points), isOurs ? lastOf(peer.points) : undefined);
  const rich = { name: { ...TEXT, fontWeight: isOurs ? 600 : 400, lineHeight: 17 }, words: SOFT };
  return {
    ...{ type: 'line', color, symbol: 'circle', symbolSize: 8 },
    data: points.map(([at, us]) => [at, Math.max(us, LEAST)]),
    lineStyle: { width: 2.5, type: isOurs ? 'solid' : [6, 4] },
    endLabel: { show: true, distance: 14, formatter: `{name|${name}}\n{words|${words}}`, rich },
    labelLayout: { moveOverlap: 'shiftY' },
  };
}

const timeOf = (us, peer) => (us >= 1000 ? figure(us / 1000, 'ms', peer / 1000) : figure(us, 'µs', peer));
