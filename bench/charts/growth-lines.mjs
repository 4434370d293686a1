import { curve, dot, picture, text } from './svg.mjs';

const WIDTH = 760;
const HEIGHT = 380;
const FRAME = { left: 70, right: 610, top: 50, bottom: 330 };

/**
 * Lines over two logarithmic axes: `lines` are `{ name, points: [[x, y]], isOurs }`. `nameOf` says what stands below the
 * axis for an x.
 */
export function growthLines({ title, below, lines, nameOf }) {
  const places = lines.flatMap(({ points }) => points);
  const x = axis(
    places.map(([at]) => at),
    FRAME.left,
    FRAME.right,
  );
  const y = axis(powersAround(places.map(([, value]) => value)), FRAME.bottom, FRAME.top);
  const body = [text(16, 26, title, 'title')];
  for (const power of powersAround(places.map(([, value]) => value))) {
    body.push(
      curve(
        [
          [FRAME.left, y(power)],
          [FRAME.right, y(power)],
        ],
        'grid',
      ),
    );
    body.push(text(FRAME.left - 8, y(power) + 4, timeOf(power), 'soft end'));
  }
  for (const at of new Set(places.map(([one]) => one)))
    body.push(text(x(at), FRAME.bottom + 20, nameOf(at), 'soft middle'));
  body.push(text((FRAME.left + FRAME.right) / 2, FRAME.bottom + 42, below, 'soft middle'));
  for (const { name, points, isOurs } of lines) {
    const drawn = points.map(([at, value]) => [x(at), y(Math.max(value, 0.1))]);
    const kind = isOurs ? 'ours' : 'peer';
    body.push(curve(drawn, `curve ${kind}-line`), ...drawn.map((point) => dot(point, kind)));
    const [, last] = drawn.at(-1);
    body.push(text(FRAME.right + 12, last + 4, name));
  }
  return picture({ title, width: WIDTH, height: HEIGHT + 10, body });
}

/** Whole powers of ten from below the least to above the greatest. */
function powersAround(values) {
  const exponents = values.map((value) => Math.log10(Math.max(value, 0.1)));
  const from = Math.floor(Math.min(...exponents));
  const to = Math.max(from + 1, Math.ceil(Math.max(...exponents)));
  return Array.from({ length: to - from + 1 }, (_, step) => 10 ** (from + step));
}

function axis(values, from, to) {
  const least = Math.log10(Math.min(...values));
  const span = Math.log10(Math.max(...values)) - least || 1;
  return (value) => from + ((Math.log10(value) - least) / span) * (to - from);
}

/** Microseconds as one says them. */
const timeOf = (us) => (us >= 1000 ? `${us / 1000} ms` : `${us} µs`);
