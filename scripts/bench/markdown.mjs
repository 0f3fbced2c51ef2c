import { figure, summed } from './results.mjs';
import { ratioToBest } from './statistics.mjs';

const [begin, end] = ['<!-- begin: npm run bench -- --write -->', '<!-- end -->'];

/** A document with its figures replaced by those of a run. @param {string} document @param {import('./results.mjs').Results} results */
export function withFigures(document, results) {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the document lacks "${begin}" or "${end}"`);
  return `${document.slice(0, from + begin.length)}\n\n![The figures below as a picture](images/performance.svg)\n\n${markdown(results)}\n${document.slice(to)}`;
}

/** A run as Markdown: where and with what, then its tables. @param {import('./results.mjs').Results} results */
export function markdown(results) {
  return [setting(results), ...results.tables.map(tableText)].join('\n\n').concat('\n');
}

/** @param {import('./results.mjs').Results} results */
function setting({ date, machine, tools, quick }) {
  const kind = machine.virtual === true ? ', a virtual machine' : '';
  const versions = tools.map(({ name, version, missing, readers }) => {
    if (missing !== undefined) return `${name} is missing (${missing})`;
    return `${name} ${version}${readers === undefined ? '' : ` (its own choice: ${readers.join(', ')})`}`;
  });
  return [
    `${date}; ${machine.processor}, ${machine.cores} cores${kind}; Linux ${machine.kernel}; Node ${machine.node}; load ${figure(machine.load)} when it began.`,
    `${versions.join('; ')}.${quick ? ' A quick run: one round of short measurements, for a look and not for a claim.' : ''}`,
  ].join('\n');
}

/** @param {import('./results.mjs').Table} table */
function tableText(table) {
  const names = table.columns.map(({ name }) => name);
  const compared = table.rows.some((row) => ratioToBest(table, row) !== undefined);
  const heads = ['', ...names, ...(compared ? ['better than the best rival'] : [])];
  const rows = table.rows.map((row) => [
    row,
    ...names.map((name) => summed(table.values[row]?.[name] ?? [])),
    ...(compared ? [ratioText(table, row)] : []),
  ]);
  const text = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;
  const remarks = table.remarks.map((remark) => `- ${remark}`);
  return [
    `### ${table.title}`,
    '',
    `Unit: ${table.unit}; ${table.better} is better.`,
    '',
    text(heads),
    text(heads.map((_, column) => (column === 0 ? '---' : '---:'))),
    ...rows.map(text),
    ...(remarks.length === 0 ? [] : ['', ...remarks]),
  ].join('\n');
}

/** @param {import('./results.mjs').Table} table @param {string} row */
function ratioText(table, row) {
  const best = ratioToBest(table, row);
  return best === undefined || !Number.isFinite(best.ratio) ? '–' : `${figure(best.ratio)} × (${best.rival})`;
}
