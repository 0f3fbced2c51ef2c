import { figure } from './results.mjs';
import { median, spread } from './statistics.mjs';

const [width, labels, bar, gap] = [900, 300, 18, 3];
const room = width - labels - 120;
const shades = {
  ours: ['#1f6feb', '#79b8ff'],
  variant: ['#1a7f8e', '#76c7d1'],
  rival: ['#d9730d', '#b45309', '#8b5e34', '#f0a868'],
  reference: ['#8b949e', '#b1b8c0'],
};
const style = `
  svg { font: 13px system-ui, sans-serif; color-scheme: light dark; background: light-dark(#fff, #0d1117) }
  text { fill: light-dark(#1f2328, #e6edf3) } .quiet { fill: light-dark(#59636e, #9198a1) } .title { font-weight: 600; font-size: 15px }
  .spread, .axis { stroke: light-dark(#1f2328, #e6edf3) } .axis { opacity: .3 }`;

/**
 * A run as one SVG that stands alone: a bar for each median with its spread as a whisker, or lines where a table says
 * so. Each row of bars has its own scale: rows differ by orders of magnitude, and it is columns that are compared.
 *
 * @param {import('./results.mjs').Results} results
 */
export function picture({ tables, date, machine }) {
  let top = 34;
  const parts = tables.map((table) => {
    const drawn = table.drawn === 'lines' ? lines(table, top + 44) : bars(table, top + 44);
    const head =
      text(10, top + 10, table.title, 'title') +
      text(10, top + 30, `${table.unit}; ${table.better} is better`, 'quiet');
    top += 44 + drawn.height + 34;
    return head + drawn.text;
  });
  const about = text(
    10,
    20,
    `${date} · ${machine.processor}, ${machine.cores} cores · Linux ${machine.kernel}`,
    'quiet',
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}" viewBox="0 0 ${width} ${top}"><style>${style}</style>\n${about}\n${parts.join('\n')}\n</svg>\n`;
}

/** @param {import('./results.mjs').Table} table @param {number} top */
function bars(table, top) {
  const colours = coloursOf(table);
  const out = [];
  let y = top;
  for (const row of table.rows) {
    const here = table.columns.flatMap((column) => {
      const values = table.values[row]?.[column.name] ?? [];
      return values.length === 0 ? [] : [{ column, value: median(values), range: spread(values) }];
    });
    const most = Math.max(...here.map(({ range }) => range[1]), Number.MIN_VALUE);
    out.push(text(10, y + 13, row));
    for (const { column, value, range } of here) {
      const at = (/** @type {number} */ one) => labels + (room * Math.max(0, one)) / most;
      out.push(text(labels - 8, y + 13, column.name, 'quiet', 'end'));
      out.push(
        `<rect x="${labels}" y="${y}" width="${fixed(Math.max(1, at(value) - labels))}" height="${bar}" fill="${colours.get(column.name)}"/>`,
      );
      out.push(
        `<line class="spread" x1="${fixed(at(range[0]))}" x2="${fixed(at(range[1]))}" y1="${y + bar / 2}" y2="${y + bar / 2}"/>`,
      );
      out.push(text(at(range[1]) + 6, y + 13, figure(value)));
      y += bar + gap;
    }
    y += 8;
  }
  return { text: out.join('\n'), height: y - top };
}

/** Both axes logarithmic: what grows linearly is a straight line that rises by one for one. @param {import('./results.mjs').Table} table @param {number} top */
function lines(table, top) {
  const height = 260;
  const colours = coloursOf(table);
  const xs = table.rows.map((row) => Number.parseInt(row, 10));
  const ys = table.rows
    .flatMap((row) => table.columns.map(({ name }) => median(table.values[row]?.[name] ?? [])))
    .filter((y) => y > 0);
  if (xs.length === 0 || ys.length === 0) return { text: '', height: 0 };
  const scale = (
    /** @type {readonly number[]} */ values,
    /** @type {number} */ from,
    /** @type {number} */ to,
  ) => {
    const [low, high] = spread(values).map(Math.log);
    return (/** @type {number} */ value) =>
      from + ((Math.log(value) - (low ?? 0)) / ((high ?? 1) - (low ?? 0) || 1)) * (to - from);
  };
  const [x, y] = [scale(xs, 90, width - 240), scale(ys, top + height - 40, top + 10)];
  const out = xs.flatMap((value, i) => [
    `<line class="axis" x1="${fixed(x(value))}" x2="${fixed(x(value))}" y1="${top}" y2="${top + height - 30}"/>`,
    text(x(value), top + height - 14, table.rows[i] ?? '', 'quiet', 'middle'),
  ]);
  const ends = table.columns
    .map(({ name }) => {
      const points = table.rows
        .map((row, i) => ({ at: xs[i] ?? 0, value: median(table.values[row]?.[name] ?? []) }))
        .filter(({ value }) => value > 0);
      out.push(
        `<polyline fill="none" stroke-width="2" stroke="${colours.get(name)}" points="${points.map(({ at, value }) => `${fixed(x(at))},${fixed(y(value))}`).join(' ')}"/>`,
      );
      for (const { at, value } of points)
        out.push(
          `<circle cx="${fixed(x(at))}" cy="${fixed(y(value))}" r="3" fill="${colours.get(name)}"><title>${escaped(name)}: ${figure(value)}</title></circle>`,
        );
      const last = points.at(-1)?.value ?? 1;
      return { name, last, y: y(last) };
    })
    .sort((a, b) => a.y - b.y);
  let lowest = Number.NEGATIVE_INFINITY;
  for (const { name, last, y: wanted } of ends) {
    lowest = Math.max(wanted + 4, lowest + 16);
    out.push(text(width - 230, lowest, `${name} (${figure(last)})`));
  }
  for (const value of spread(ys)) out.push(text(80, y(value) + 4, figure(value), 'quiet', 'end'));
  return { text: out.join('\n'), height };
}

/** @param {import('./results.mjs').Table} table @returns {Map<string, string>} */
function coloursOf({ columns }) {
  const used = { ours: 0, variant: 0, rival: 0, reference: 0 };
  return new Map(
    columns.map(({ name, kind }) => [name, shades[kind][used[kind]++ % shades[kind].length] ?? '#888']),
  );
}

/** @param {number} x @param {number} y @param {string} words @param {string} [kind] @param {'start' | 'middle' | 'end'} [anchor] */
function text(x, y, words, kind, anchor = 'start') {
  return `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}"${kind === undefined ? '' : ` class="${kind}"`}>${escaped(words)}</text>`;
}

/** @param {string} words */
const escaped = (words) => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
/** @param {number} value */
const fixed = (value) => String(Math.round(value * 10) / 10);
