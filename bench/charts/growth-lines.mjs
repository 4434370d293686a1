import { BODY_TOP, comparison, curve, dot, picture, text } from './svg.mjs';
import { number } from '../lib/terminal.mjs';

const WIDTH = 760;
const FRAME = { left: 76, right: 560, top: BODY_TOP + 16, bottom: 340 };
const HEIGHT = FRAME.bottom + 54;

/**
 * Lines over two logarithmic axes, ours beside the one of a peer: `lines` are `{ name, points: [[x, y]], isOurs }`, the
 * peer's first. `nameOf` says what stands below the axis for an x.
 */
export function growthLines({ title, subtitle, below, lines, nameOf }) {
  const places = lines.flatMap(({ points }) => points);
  const powers = powersAround(places.map(([, value]) => value));
  const x = axis(
    places.map(([at]) => at),
    [FRAME.left, FRAME.right],
  );
  const y = axis(powers, [FRAME.bottom, FRAME.top]);
  const body = powers.flatMap((power) => gridLine(y(power), timeOf(power)));
  for (const at of new Set(places.map(([one]) => one)))
    body.push(text(x(at), FRAME.bottom + 20, nameOf(at), 'soft middle'));
  body.push(text((FRAME.left + FRAME.right) / 2, FRAME.bottom + 42, below, 'soft middle'));
  for (const line of lines) body.push(...drawLine(line, { x, y, peer: lines[0] }));
  const description = lines.map((line) => describe(line, nameOf)).join(' ');
  return picture({ title, subtitle, description, width: WIDTH, height: HEIGHT, body });
}

function gridLine(y, words) {
  const ends = [FRAME.left, FRAME.right].map((x) => [x, y]);
  return [curve(ends, 'grid'), text(FRAME.left - 8, y + 4, words, 'soft end')];
}

/** A line, and at its end who it is and what the last point costs. */
function drawLine({ name, points, isOurs }, { x, y, peer }) {
  const drawn = points.map(([at, value]) => [x(at), y(Math.max(value, LEAST))]);
  const kind = isOurs ? 'ours' : 'peer';
  const [, end] = drawn.at(-1);
  const [, last] = points.at(-1);
  const times = isOurs ? comparison(last, peer.points.at(-1)[1]) : '';
  return [
    curve(drawn, `curve ${kind}-line`),
    ...drawn.map((point) => dot(point, kind)),
    text(FRAME.right + 14, end - 2, name, isOurs ? 'strong' : ''),
    text(FRAME.right + 14, end + 15, times === '' ? figureOf(last) : `${figureOf(last)}, ${times}`, 'soft'),
  ];
}

const describe = ({ name, points }, nameOf) =>
  `${name}: ${points.map(([at, value]) => `${nameOf(at)} ${figureOf(value)}`).join('; ')}.`;

/** Microseconds below which a logarithmic axis has no room. */
const LEAST = 0.1;

/** Whole powers of ten from below the least to above the greatest. */
function powersAround(values) {
  const exponents = values.map((value) => Math.log10(Math.max(value, LEAST)));
  const from = Math.floor(Math.min(...exponents));
  const to = Math.max(from + 1, Math.ceil(Math.max(...exponents)));
  return Array.from({ length: to - from + 1 }, (_, step) => 10 ** (from + step));
}

function axis(values, [from, to]) {
  const least = Math.log10(Math.min(...values));
  const span = Math.log10(Math.max(...values)) - least || 1;
  return (value) => from + ((Math.log10(value) - least) / span) * (to - from);
}

/** Microseconds as one says them. */
const timeOf = (us) => (us >= 1000 ? `${us / 1000} ms` : `${us} µs`);
const figureOf = (us) => (us >= 1000 ? `${number(us / 1000)} ms` : `${number(Math.max(us, 0))} µs`);
