import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { disassemble } from '../../src/python/disassemble.js';
import { type InstructionNames, instructionText } from '../../src/python/instruction-text.js';
import { opcodeTable } from '../../src/python/opcodes.js';
import { type Interpreter, interpreters, label } from '../helpers/interpreters.js';

const targets = fileURLToPath(new URL('../../../test/targets/', import.meta.url));

/** Programs with many kinds of instructions, which every version can compile. */
const programs = ['opcodes.py', 'locals.py', 'mixture.py', 'generators.py', 'arguments.py'];

interface Function extends InstructionNames {
  readonly bytecode: string;
  readonly shown: readonly (readonly [offset: number, name: string, text: string])[];
}

function functionsOf(interpreter: Interpreter, program: string): Readonly<Record<string, Function>> {
  const [command = '', ...args] = interpreter.command;
  const script = readFileSync(`${targets}dis_arguments.py`, 'utf8');
  const input = readFileSync(`${targets}${program}`, 'utf8');
  const env = { ...process.env, PYTHONIOENCODING: 'utf-8' };
  return JSON.parse(execFileSync(command, [...args, '-c', script], { input, encoding: 'utf8', env }));
}

for (const interpreter of interpreters()) {
  test(`CPython ${label(interpreter)}: arguments are shown as its dis shows them`, () => {
    const table = opcodeTable({ major: 3, minor: interpreter.minor });
    const wrong: string[] = [];
    const kinds = new Set<string>();
    for (const program of programs) {
      for (const [name, found] of Object.entries(functionsOf(interpreter, program))) {
        const bytecode = Buffer.from(found.bytecode, 'hex');
        const texts = new Map(
          disassemble(table, bytecode).map((one) => [one.offset, instructionText(table, one, found)]),
        );
        for (const [offset, opcode, shown] of found.shown) {
          // From 3.13 on dis gives the places that jumps go to names of their own; to 3.9 it has no words for most.
          if (/^((to|from) L?\d+|)$/.test(shown) && /^(to|from) \d+$/.test(texts.get(offset) ?? '')) continue;
          // Some versions have no words for these.
          if (shown === '' && /^(KW_NAMES|IS_OP|CONTAINS_OP|MAKE_FUNCTION)$/.test(opcode)) continue;
          // The code objects of two runs have other addresses.
          if (shown.includes(' object ')) continue;
          if (shown !== '') kinds.add(opcode);
          if (texts.get(offset) !== shown)
            wrong.push(`${name} ${offset} ${opcode}: ${texts.get(offset)}, dis: ${shown}`);
        }
      }
    }
    assert.equal(wrong.slice(0, 20).join('\n'), '');
    assert.ok(kinds.size > 15, `only ${[...kinds].join(' ')} have texts`);
  });
}
