import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { argumentText } from '../../src/python/arguments.js';
import { disassemble } from '../../src/python/disassemble.js';
import { lineAt, lineRanges, positionAt, positionRanges } from '../../src/python/linetable.js';
import { type OpcodeTable, opcodeTable } from '../../src/python/opcodes.js';
import { type Interpreter, interpreters, label } from '../helpers/interpreters.js';

const script = new URL('../../../test/targets/dump_stdlib.py', import.meta.url);
const unit = 2;

for (const interpreter of interpreters()) {
  const name = label(interpreter);
  test(`every instruction, line and column of ${name}'s standard library is as its own dis says`, async () => {
    const table = opcodeTable({ major: 3, minor: interpreter.minor });
    const compared = { codes: 0, adaptive: 0 };
    let header = true;
    for await (const line of dump(interpreter)) {
      if (header) checkHeader(table, JSON.parse(line) as Header);
      else checkCode(table, JSON.parse(line) as DumpedCode, compared);
      header = false;
    }
    assert.ok(compared.codes > 5000, `only ${compared.codes} code objects`);
    assert.ok(interpreter.minor < 11 || compared.adaptive > 100, `only ${compared.adaptive} that have run`);
  });
}

interface Header {
  readonly version: readonly [major: number, minor: number];
  readonly names: readonly (string | null)[];
  readonly arguments: readonly (readonly [opcode: number, arg: number, text: string])[];
}

/** See dump_stdlib.py for how the lists are laid out. */
interface DumpedCode {
  readonly name: string;
  readonly adaptive: boolean;
  readonly code: string;
  readonly table: string;
  readonly firstLine: number;
  readonly instructions: readonly number[];
  readonly targets: readonly number[];
  readonly lines: readonly number[];
  readonly positions: readonly number[];
}

/** The lines that the script prints; fails when it fails. */
async function* dump(interpreter: Interpreter): AsyncGenerator<string> {
  const [program = '', ...args] = interpreter.command;
  const child = spawn(program, [...args, '-'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  try {
    createReadStream(script).pipe(child.stdin);
    yield* createInterface({ input: child.stdout });
    assert.deepEqual(await ended, [0, null]);
  } finally {
    child.kill('SIGKILL');
  }
}

function checkHeader(table: OpcodeTable, { version, names, arguments: shown }: Header): void {
  assert.deepEqual([table.version.major, table.version.minor], version);
  names.forEach((name, opcode) => {
    if (name !== null) assert.equal(table.name(opcode), name);
  });
  const known = names.filter((name) => name !== null);
  assert.deepEqual([...table.names()].sort(), known.sort());
  assert.ok(shown.length >= 6);
  for (const [opcode, arg, text] of shown) assert.equal(argumentText(table, opcode, arg), text);
}

function checkCode(
  table: OpcodeTable,
  dumped: DumpedCode,
  compared: { codes: number; adaptive: number },
): void {
  const bytecode = Buffer.from(dumped.code, 'base64');
  const instructions = disassemble(table, bytecode);
  const ours = instructions.flatMap(({ offset, opcode, arg }) => [offset, opcode, arg ?? -1]);
  equalNumbers(ours, dumped.instructions, dumped.name);
  if (!dumped.adaptive) equalNumbers(targetsOf(instructions), dumped.targets, `jumps of ${dumped.name}`);
  assert.equal(
    instructions.reduce((sum, { length }) => sum + length, 0),
    bytecode.length,
  );
  checkLines(table, dumped, bytecode.length);
  compared.codes += 1;
  if (dumped.adaptive) compared.adaptive += 1;
}

function targetsOf(instructions: readonly { readonly target: number | undefined }[]): readonly number[] {
  const targets = instructions.flatMap(({ target }) => (target === undefined ? [] : [target]));
  return [...new Set(targets)].sort((a, b) => a - b);
}

function checkLines(table: OpcodeTable, dumped: DumpedCode, length: number): void {
  const lineTable = Buffer.from(dumped.table, 'base64');
  const about = [table.version, lineTable, dumped.firstLine] as const;
  const lines = perUnit(lineRanges(...about, length), length, ({ line }) => [line]);
  equalNumbers(lines, truthPerUnit(dumped.lines, 2, 'end', length), `lines of ${dumped.name}`);
  const wanted = truthPerUnit(dumped.positions, 5, 'units', length);
  if (wanted.length > 0) {
    const ours = perUnit(positionRanges(...about, length), length, columnsOf);
    equalNumbers(ours, wanted, `columns of ${dumped.name}`);
  }
  // The same by single offsets; not all of a long one, as each starts from the front.
  const step = unit * Math.ceil(length / 200);
  for (let offset = 0; offset < length; offset += step) {
    assert.equal(lineAt(...about, offset), lines[offset / unit], `line at ${offset} of ${dumped.name}`);
    const position = columnsOf(positionAt(...about, offset));
    if (wanted.length > 0) equalNumbers(position, wanted.slice(offset * 2, offset * 2 + 4), dumped.name);
  }
}

function columnsOf(at: {
  line: number;
  endLine: number;
  column: number;
  endColumn: number;
}): readonly number[] {
  return [at.line, at.endLine, at.column, at.endColumn];
}

function perUnit<Range extends { readonly start: number; readonly end: number }>(
  ranges: readonly Range[],
  length: number,
  values: (range: Range) => readonly number[],
): readonly number[] {
  assert.equal(ranges.at(-1)?.end ?? 0, length);
  return ranges.flatMap((range) => {
    const row = values(range);
    return Array.from({ length: (range.end - range.start) / unit }, () => row).flat();
  });
}

/** Run lengths, as a number of code units or as the end offset, written out for each unit. */
function truthPerUnit(
  flat: readonly number[],
  width: number,
  counted: 'units' | 'end',
  length: number,
): number[] {
  const rows: number[] = [];
  let at = 0;
  for (let index = 0; index < flat.length; index += width) {
    const count = flat[index] ?? 0;
    const end = Math.min(counted === 'end' ? count : at + count * unit, length);
    const row = flat.slice(index + 1, index + width);
    for (; at < end; at += unit) rows.push(...row);
  }
  return rows;
}

/** deepEqual takes minutes for so many numbers. */
function equalNumbers(actual: readonly number[], expected: readonly number[], what: string): void {
  const different = actual.findIndex((value, index) => value !== expected[index]);
  const at = different >= 0 ? different : Math.min(actual.length, expected.length);
  if (different >= 0 || actual.length !== expected.length) {
    assert.deepEqual(
      actual.slice(Math.max(0, at - 12), at + 12),
      expected.slice(Math.max(0, at - 12), at + 12),
      what,
    );
  }
}
