import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const script = new URL('opcodes.py', import.meta.url);

/**
 * The opcode table of one interpreter.
 *
 * @param {readonly string[]} python the command that starts it; it may run in another root, so the script goes
 *   in by standard input
 * @returns {{ file: string, text: string }} the table's file name and its content, one instruction a line
 */
export function opcodes(python) {
  const [program = '', ...args] = python;
  const { status, stdout, stderr, error } = spawnSync(program, [...args, '-'], {
    input: readFileSync(script),
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${python.join(' ')}: ${stderr}`);
  process.stderr.write(stderr);
  const table = JSON.parse(stdout);
  return { file: `opcodes-${table.version}.json`, text: format(table) };
}

/** Compact, but with one row a line, so that a difference between two versions can be read. */
function format(table) {
  const entries = Object.entries(table).map(([key, value]) => {
    const rows = key === 'instructions' ? lines(value.map((row) => JSON.stringify(row))) : undefined;
    const kinds =
      key === 'has'
        ? lines(Object.entries(value).map(([kind, of]) => `"${kind}": ${JSON.stringify(of)}`))
        : undefined;
    if (kinds !== undefined) return `  "${key}": {\n${kinds}\n  }`;
    return `  "${key}": ${rows === undefined ? JSON.stringify(value) : `[\n${rows}\n  ]`}`;
  });
  return `{\n${entries.join(',\n')}\n}\n`;
}

/** @param {readonly string[]} rows */
function lines(rows) {
  return rows.map((row) => `    ${row}`).join(',\n');
}
