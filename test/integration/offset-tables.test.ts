import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { debugOffsetsSize, decodeDebugOffsets } from '../../src/python/debug-offsets.js';
import { openTarget } from '../../src/target/target.js';
import { type Interpreter, interpreters, label } from '../helpers/interpreters.js';
import { startTarget } from '../helpers/target.js';

const script = fileURLToPath(new URL('../../../scripts/make-tables.mjs', import.meta.url));
const committedTables = new URL('../../../src/python/data/', import.meta.url);

interface OffsetTable {
  readonly version: readonly number[];
  readonly freeThreaded: boolean;
  readonly structs: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/**
 * What has differed between patch releases of one version. The structs grow at their ends and are never read whole;
 * the last one changed its shape within 3.13, and no offset of it is taken from the table.
 */
const mayDiffer: ReadonlySet<string> = new Set([
  '_PyRuntimeState.sizeof',
  '_PyRuntimeState.gilstate.tstate_current', // 3.7.4 moved it; findGilHolder looks for it.
  'PyInterpreterState.sizeof',
  'PyThreadState.sizeof',
  '_PyCoLineInstrumentationData.original_opcode',
  '_PyCoLineInstrumentationData.data',
  '_PyCoLineInstrumentationData.bytes_per_entry',
]);

for (const interpreter of interpreters()) {
  const include = headersOf(interpreter);
  const skip = existsSync(join(include, 'Python.h')) ? false : `its headers are not installed (${include})`;
  test(`the committed offsets are those of the headers of ${label(interpreter)}`, { skip }, () => {
    const { file, text } = makeTable(include);
    const committed = readFileSync(new URL(file, committedTables), 'utf8');
    const [theirs, ours] = [JSON.parse(text), JSON.parse(committed)] as [OffsetTable, OffsetTable];
    assert.equal(theirs.freeThreaded, interpreter.freeThreaded);
    if (theirs.version.join() === ours.version.join()) assert.equal(text, committed);
    else assert.deepEqual(lasting(theirs), lasting(ours));
  });
}

for (const interpreter of interpreters().filter(({ minor }) => minor >= 13)) {
  test(`the debug offsets of ${label(interpreter)} are read as its headers have them`, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'slow_app.py');
    const { read, interpretersHead, layout } = await openTarget(pid);
    const runtime = interpretersHead - BigInt(layout.runtime.interpretersHead);
    const bytes = read(runtime, debugOffsetsSize);
    assert.ok(bytes, 'the debug offsets can be read');
    const told = lasting(decodeDebugOffsets(bytes));
    const ours = lasting(tableOf(interpreter));
    const both = Object.keys(told).filter((name) => name in ours);
    assert.ok(both.length >= 40, `${both.length} fields are in both`);
    assert.deepEqual(
      both.filter((name) => told[name] !== ours[name]),
      [],
    );
  });
}

function tableOf({ minor, freeThreaded }: Interpreter): OffsetTable {
  const file = `offsets-3.${minor}${freeThreaded ? 't' : ''}.json`;
  return JSON.parse(readFileSync(new URL(file, committedTables), 'utf8')) as OffsetTable;
}

/** The directory of an interpreter's Python.h, as it is named here. */
function headersOf({ command, root }: Interpreter): string {
  const [program = '', ...args] = command;
  const question = 'import sysconfig; print(sysconfig.get_paths()["include"])';
  return join(
    root,
    execFileSync(program, [...args, '-I', '-S', '-c', question], { encoding: 'utf8' }).trim(),
  );
}

function makeTable(include: string): { readonly file: string; readonly text: string } {
  const output = mkdtempSync(join(tmpdir(), 'heavyops-tables-'));
  try {
    const args = [script, 'offsets', '--include', include, '--output', output];
    const made = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.equal(made.status, 0, made.stderr);
    const [file = ''] = readdirSync(output);
    return { file, text: readFileSync(join(output, file), 'utf8') };
  } finally {
    rmSync(output, { recursive: true });
  }
}

/** Offsets by "struct.field", without what may differ between patch releases. */
function lasting({ structs }: Pick<OffsetTable, 'structs'>): Readonly<Record<string, number>> {
  const offsets = Object.entries(structs).flatMap(([struct, fields]) =>
    Object.entries(fields).map(([field, offset]) => [`${struct}.${field}`, offset] as const),
  );
  return Object.fromEntries(offsets.filter(([name]) => !mayDiffer.has(name)));
}
