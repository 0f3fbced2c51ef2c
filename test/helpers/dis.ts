import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Interpreter } from './interpreters.js';

/** An instruction as the interpreter's own dis has it. */
export interface DisInstruction {
  /** Bytes, behind its EXTENDED_ARG prefixes. */
  readonly offset: number;
  /** As compiled. */
  readonly name: string;
  /** 0 when it has none. */
  readonly line: number;
  /** As specialised after a warm-up (3.11+); undefined where the function was not warmed up. */
  readonly live: string | undefined;
}

/** By function, "name firstLine", then by offset. */
export type DisOfProgram = ReadonlyMap<string, ReadonlyMap<number, DisInstruction>>;

const targets = fileURLToPath(new URL('../../../test/targets/', import.meta.url));

/** Asks an interpreter for the instructions of all functions of a program; see dis_functions.py. */
export function disOf(
  interpreter: Interpreter,
  program: string,
  { warm = [], env = {} }: { warm?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
): DisOfProgram {
  const [command = '', ...args] = interpreter.command;
  const source = readFileSync(`${targets}${program}`, 'utf8');
  const script = readFileSync(`${targets}dis_functions.py`, 'utf8');
  const output = execFileSync(command, [...args, '-c', script, ...warm], {
    input: source,
    encoding: 'utf8',
    env: { ...process.env, PYTHONIOENCODING: 'utf-8', ...env },
  });
  const functions = JSON.parse(output) as Readonly<Record<string, readonly Row[]>>;
  return new Map(
    Object.entries(functions).map(([key, rows]) => [
      key,
      new Map(
        rows.map(([offset, name, line, live]) => [offset, { offset, name, line, live: live ?? undefined }]),
      ),
    ]),
  );
}

type Row = readonly [offset: number, name: string, line: number, live: string | null];
