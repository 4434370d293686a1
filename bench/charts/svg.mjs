/** Legible on white and on black: a picture in a page follows the reader's setting. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 15px }
  .soft { fill: #59636e }
  .end { text-anchor: end }
  .middle { text-anchor: middle }
  .grid { stroke: #d1d9e0; fill: none }
  .ours { fill: #0969da } .ours-line { stroke: #0969da }
  .peer { fill: #9ba4ae } .peer-line { stroke: #9ba4ae }
  .base { fill: #d1d9e0 }
  .curve { fill: none; stroke-width: 2.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .soft { fill: #9198a1 }
    .grid { stroke: #3d444d }
    .ours { fill: #4493f8 } .ours-line { stroke: #4493f8 }
    .peer { fill: #656c76 } .peer-line { stroke: #8b949e }
    .base { fill: #3d444d }
  }
`;

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (words) => String(words).replace(/[&<>"]/g, (sign) => ESCAPES[sign]);

/** A whole picture; its title is also what a screen reader says. */
export const picture = ({ title, width, height, body }) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">\n` +
  `<title>${escape(title)}</title>\n<style>${STYLE}</style>\n${body.join('\n')}\n</svg>\n`;

export const text = (x, y, words, kind = '') =>
  `<text x="${place(x)}" y="${place(y)}"${kind === '' ? '' : ` class="${kind}"`}>${escape(words)}</text>`;

export const box = (x, y, width, height, kind) =>
  `<rect x="${place(x)}" y="${place(y)}" width="${place(Math.max(width, 1))}" height="${height}" rx="2" class="${kind}"/>`;

export const curve = (points, kind) =>
  `<polyline points="${points.map((point) => point.map(place).join(',')).join(' ')}" class="${kind}"/>`;

export const dot = ([x, y], kind) => `<circle cx="${place(x)}" cy="${place(y)}" r="4" class="${kind}"/>`;

const place = (value) => Math.round(value * 10) / 10;
