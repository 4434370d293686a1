import { format, init } from 'echarts';
import { number } from '../lib/terminal.mjs';

const WIDTH = 760;

/** Each colour in the light and in the dark scheme. */
const SCHEMES = {
  ground: ['#ffffff', '#0d1117'],
  border: ['#d1d9e0', '#3d444d'],
  text: ['#1f2328', '#f0f6fc'],
  soft: ['#59636e', '#9198a1'],
  ours: ['#0969da', '#4493f8'],
  peer: ['#818b98', '#7d8590'],
  base: ['#d0d7de', '#373e47'],
};
const light = ([name, [colour]]) => [name, colour];
export const COLOURS = Object.fromEntries(Object.entries(SCHEMES).map(light));
/** CSS has precedence over the attributes that ECharts writes. */
const darkRule = ([one, dark]) => `[fill="${one}"] { fill: ${dark} } [stroke="${one}"] { stroke: ${dark} }`;
const STYLE = `@media (prefers-color-scheme: dark) { ${Object.values(SCHEMES).map(darkRule).join(' ')} }`;

export const TEXT = { color: COLOURS.text, fontSize: 13 };
export const SOFT = { color: COLOURS.soft, fontSize: 13 };
const LINE = { lineStyle: { color: COLOURS.border } };
const THEME = {
  textStyle: { fontFamily: 'system-ui, Segoe UI, Helvetica, Arial, sans-serif' },
  title: { left: 12, top: 10, itemGap: 8, textStyle: { ...TEXT, fontSize: 16 }, subtextStyle: SOFT },
  legend: { textStyle: SOFT },
  categoryAxis: { axisLine: { show: false }, axisTick: { show: false }, axisLabel: TEXT },
  logAxis: { axisLine: LINE, axisTick: LINE, splitLine: LINE, axisLabel: SOFT, nameTextStyle: SOFT },
};

/**
 * Draws an option of ECharts as the text of an SVG file, without scripts and fonts. The same input gives the same text.
 * The picture has its own background, because a page can have another colour scheme than the browser.
 * `description` is for screen readers.
 */
export function picture({ title, subtitle, description, height, option }) {
  const chart = init(null, THEME, { renderer: 'svg', ssr: true, width: WIDTH, height });
  const shape = { x: 0.5, y: 0.5, width: WIDTH - 1, height: height - 1, r: 6 };
  const ground = { type: 'rect', z: -1, shape, style: { fill: COLOURS.ground, stroke: COLOURS.border } };
  chart.setOption({
    animation: false,
    title: { text: title, subtext: subtitle },
    graphic: ground,
    ...option,
  });
  // As `renderToSVGString` does, but without rules for a pointer over a bar.
  const drawn = chart.getZr().painter.renderToString({ useViewBox: true, cssEmphasis: false });
  chart.dispose();
  const [name, words] = [title, `${subtitle}. ${description}`].map(format.encodeHTML);
  const head = `<title id="title">${name}</title>\n<desc id="desc">${words}</desc>\n<style>${STYLE}</style>`;
  return drawn
    .replace(/^<svg ([^>]*)>/, (_, kept) => `<svg role="img" aria-labelledby="title desc" ${kept}>\n${head}`)
    .replaceAll(/ ecmeta_\w+="[^"]*"/g, '') // for scripts in a browser
    .replaceAll(/\bzr\d+-/g, 'chart-') // a counter of the process
    .concat('\n');
}

/** The figure with its unit and, with the cost of a peer, the ratio to it. */
export function figure(value, unit, peer) {
  if (!(value > 0)) return `about 0 ${unit}`;
  const ratio = peer > 0 ? `, ${comparison(peer / value)}` : '';
  return `${number(value)} ${unit}${ratio}`;
}

function comparison(times) {
  if (times >= 1.1) return `${times < 10 ? times.toFixed(1) : Math.round(times).toLocaleString('en')}× less`;
  return times <= 0.9 ? `${(1 / times).toFixed(1)}× more` : 'about the same';
}
