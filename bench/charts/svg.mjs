/** Follows the reader's setting; on a ground of its own, since a page may be set differently from its browser. */
const STYLE = `
  text { font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
  .ground { fill: #ffffff; stroke: #d1d9e0 }
  .title { font-weight: 600; font-size: 16px }
  .strong { font-weight: 600 }
  .soft { fill: #59636e }
  .end { text-anchor: end }
  .middle { text-anchor: middle }
  .grid { stroke: #d1d9e0; fill: none }
  .ours { fill: #0969da } .ours-line { stroke: #0969da }
  .peer { fill: #818b98 } .peer-line { stroke: #818b98; stroke-dasharray: 6 4 }
  .base { fill: #d1d9e0 }
  .curve { fill: none; stroke-width: 2.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .ground { fill: #0d1117; stroke: #3d444d }
    .soft { fill: #9198a1 }
    .grid { stroke: #3d444d }
    .ours { fill: #4493f8 } .ours-line { stroke: #4493f8 }
    .peer { fill: #7d8590 } .peer-line { stroke: #7d8590 }
    .base { fill: #3d444d }
  }
`;

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (words) => String(words).replace(/[&<>"]/g, (sign) => ESCAPES[sign]);

/** A whole picture; a screen reader says its title, and all that it shows as one text. */
export const picture = ({ title, subtitle, description, width, height, body }) =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escape(title)}</title>`,
    `<desc id="desc">${escape(`${subtitle}. ${description}`)}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="6" class="ground"/>`,
    text(16, 28, title, 'title'),
    text(16, 48, subtitle, 'soft'),
    ...body,
    '</svg>\n',
  ].join('\n');

/** Where the body of a picture may begin, below its title. */
export const BODY_TOP = 60;

export const text = (x, y, words, kind = '') =>
  `<text x="${place(x)}" y="${place(y)}"${kind === '' ? '' : ` class="${kind}"`}>${escape(words)}</text>`;

export const box = (x, y, width, height, kind) =>
  `<rect x="${place(x)}" y="${place(y)}" width="${place(Math.max(width, 1))}" height="${height}" rx="2" class="${kind}"/>`;

export const curve = (points, kind) =>
  `<polyline points="${points.map((point) => point.map(place).join(',')).join(' ')}" class="${kind}"/>`;

export const dot = ([x, y], kind) => `<circle cx="${place(x)}" cy="${place(y)}" r="4" class="${kind}"/>`;

/** How many times less, or more, ours is; nothing where that is no figure, or about the same. */
export function comparison(value, other) {
  if (!(value > 0) || !(other > 0)) return '';
  const times = other / value;
  if (times >= 1.1) return `${times < 10 ? times.toFixed(1) : Math.round(times).toLocaleString('en')}× less`;
  return times <= 0.9 ? `${(1 / times).toFixed(1)}× more` : 'about the same';
}

const place = (value) => Math.round(value * 10) / 10;
