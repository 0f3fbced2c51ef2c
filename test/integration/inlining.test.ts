import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { OpcodeFlag } from '../../src/python/opcode-flags.js';
import { opcodeTable } from '../../src/python/opcodes.js';
import { type Interpreter, interpreters, label } from '../helpers/interpreters.js';

const script = new URL('../../../test/targets/inlining.py', import.meta.url);

/** Storing over the last reference to an object runs its finalizer; `CanCallAny` leaves that out. */
const callsOnlyByDropping = new Set(['STORE_FAST']);

for (const interpreter of interpreters()) {
  const name = label(interpreter);
  const seen = callsSeenBy(interpreter);
  const table = opcodeTable({ major: 3, minor: interpreter.minor });
  const has = (opcodeName: string, flag: number) =>
    ((table.flags[table.opcodeByName(opcodeName) ?? -1] ?? 0) & flag) !== 0;

  test(`on ${name} whatever pushes a frame inside the interpreter loop is known to`, () => {
    const inlined = namesWhere(seen, ({ inline }) => inline > 0);
    assert.deepEqual(
      inlined.filter((opcodeName) => !has(opcodeName, OpcodeFlag.CanCall)),
      [],
    );
    assert.equal(inlined.length > 0, interpreter.minor >= 11);
  });

  test(`on ${name} whatever calls Python code at all is known to`, () => {
    const silent = Object.keys(seen).filter((opcodeName) => !has(opcodeName, OpcodeFlag.CanCallAny));
    assert.deepEqual(
      silent.filter((opcodeName) => !callsOnlyByDropping.has(opcodeName)),
      [],
    );
  });

  test(`on ${name} the callee's function is on the caller's value stack wherever that is promised`, () => {
    const promised = namesWhere(
      seen,
      ({ inline }, opcodeName) => inline > 0 && has(opcodeName, OpcodeFlag.FunctionOnStack),
    );
    assert.deepEqual(
      promised.filter((opcodeName) => seen[opcodeName]?.onStack !== seen[opcodeName]?.inline),
      [],
    );
    assert.equal(promised.length > 0, interpreter.minor >= 11);
  });
}

interface Counts {
  readonly inline: number;
  readonly onStack: number;
  readonly throughC: number;
}

function callsSeenBy(interpreter: Interpreter): Readonly<Record<string, Counts>> {
  const [program = '', ...args] = interpreter.command;
  const { status, stdout, stderr } = spawnSync(program, [...args, '-', ...frameOffsets(interpreter)], {
    input: readFileSync(script),
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Record<string, Counts>;
}

function namesWhere(
  seen: Readonly<Record<string, Counts>>,
  condition: (counts: Counts, name: string) => boolean,
): readonly string[] {
  return Object.entries(seen).flatMap(([name, counts]) => (condition(counts, name) ? [name] : []));
}

/** The script's argument. */
function frameOffsets({ minor, freeThreaded }: Interpreter): readonly string[] {
  if (minor < 11) return [];
  const file = `../../../src/python/data/offsets-3.${minor}${freeThreaded ? 't' : ''}.json`;
  const { structs } = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as {
    structs: Record<'PyFrameObject' | '_PyInterpreterFrame', Record<string, number>>;
  };
  const { f_func, f_funcobj, localsplus, stacktop, stackpointer } = structs._PyInterpreterFrame;
  const { f_frame } = structs.PyFrameObject;
  return [JSON.stringify({ f_frame, function: f_func ?? f_funcobj, localsplus, stacktop, stackpointer })];
}
