/**
 * What a run of the bench has measured; its JSON file holds exactly this, and the tables and pictures are made of it.
 *
 * @typedef {object} Results
 * @property {Machine} machine
 * @property {string} date as in 2026-11-21
 * @property {boolean} quick
 * @property {readonly ToolSeen[]} tools
 * @property {readonly Table[]} tables
 *
 * @typedef {object} Machine
 * @property {string} processor
 * @property {number} cores
 * @property {string} kernel
 * @property {number} load of the last minute when the run began: above a few tenths something else was running
 * @property {string} node
 * @property {true} [virtual] a virtual machine: its neighbours cannot be seen
 *
 * @typedef {object} ToolSeen
 * @property {string} name
 * @property {string} [version]
 * @property {string} [missing] why it could not be had
 * @property {readonly string[]} [readers] what heavyops chose by itself in the runs, as in "kernel at 1000 Hz"
 *
 * @typedef {object} Column
 * @property {string} name as in "heavyops on 3.14"
 * @property {Kind} kind
 *
 * @typedef {'ours' | 'variant' | 'rival' | 'reference'} Kind ours: as it comes, what is compared with the rivals; a variant
 *   is ours with another setting, a reference no profiler at all: a bare loop, the target alone
 *
 * @typedef {object} Table
 * @property {string} section as it is chosen on the command line
 * @property {string} title
 * @property {string} unit
 * @property {'more' | 'less'} better
 * @property {readonly Column[]} columns
 * @property {readonly string[]} rows
 * @property {Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>} values by row, then column: one of each round
 * @property {readonly string[]} remarks what has no value and why, and what else is to be known
 * @property {true} [plain] no contest: nothing is compared
 * @property {'bars' | 'lines'} [drawn] lines: each row begins with the number at which it lies
 */
import { median, spread } from './statistics.mjs';

/** Collects a table's values, round by round. */
export class TableBuilder {
  /** @type {Map<string, Column['kind']>} */
  #columns = new Map();
  /** @type {Record<string, Record<string, number[]>>} */
  #values = {};
  /** @type {Set<string>} */
  #remarks = new Set();

  /** @param {Pick<Table, 'section' | 'title' | 'unit' | 'better'> & Pick<Table, 'drawn' | 'plain'>} head */
  constructor(head) {
    this.head = head;
  }

  /** @param {string} row @param {string} column @param {Column['kind']} kind @param {number} value */
  add(row, column, kind, value) {
    this.#columns.set(column, kind);
    this.#values[row] ??= {};
    const rows = this.#values[row];
    rows[column] ??= [];
    rows[column].push(value);
    process.stderr.write(`  ${row} | ${column}: ${figure(value)} ${this.head.unit}\n`);
  }

  /** @param {string} text */
  remark(text) {
    if (!this.#remarks.has(text)) process.stderr.write(`  ${text}\n`);
    this.#remarks.add(text);
  }

  /** @returns {Table} */
  table() {
    const order = ['ours', 'variant', 'rival', 'reference'];
    const columns = [...this.#columns].map(([name, kind]) => ({ name, kind }));
    return {
      ...this.head,
      columns: columns.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind)),
      rows: Object.keys(this.#values),
      values: this.#values,
      remarks: [...this.#remarks],
    };
  }
}

/** A median with what it ranged over. @param {readonly number[]} values */
export function summed(values) {
  if (values.length === 0) return '–';
  const [lowest, highest] = spread(values);
  const middle = figure(median(values));
  return lowest === highest ? middle : `${middle} (${figure(lowest)}–${figure(highest)})`;
}

/** Three digits that mean something, thousands parted. @param {number} value */
export function figure(value) {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const rounded = Number(value.toPrecision(3));
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(rounded))));
  return rounded.toLocaleString('en', {
    minimumFractionDigits: Math.min(digits, 3),
    maximumFractionDigits: 3,
  });
}

/** Several runs as one, for the sections that each of them has. They must be of one machine. @param {readonly Results[]} runs @returns {Results} */
export function merged(runs) {
  const [first] = runs;
  if (first === undefined) throw new Error('no files of results are given');
  const of = (/** @type {Results} */ { machine }) =>
    `${machine.processor}, ${machine.cores} cores, Linux ${machine.kernel}`;
  const other = runs.find((run) => of(run) !== of(first));
  if (other !== undefined) throw new Error(`these are of different machines: ${of(first)}; ${of(other)}`);
  const names = runs.flatMap(({ tables }) => [...new Set(tables.map(({ section }) => section))]);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`two of the files have the section "${twice}"`);
  const readersOf = (/** @type {string} */ name) =>
    runs.flatMap(({ tools }) => tools.find((tool) => tool.name === name)?.readers ?? []);
  return {
    ...first,
    quick: runs.some(({ quick }) => quick),
    tools: first.tools.map((tool) => withReaders(tool, readersOf(tool.name))),
    tables: runs.flatMap(({ tables }) => tables),
  };
}

/** A tool with what it is known to have chosen. @param {ToolSeen} tool @param {readonly string[]} readers @returns {ToolSeen} */
export function withReaders(tool, readers) {
  return readers.length === 0 ? tool : { ...tool, readers: [...new Set(readers)].sort(byNumber) };
}

const { compare: byNumber } = new Intl.Collator('en', { numeric: true });
