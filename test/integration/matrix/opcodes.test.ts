import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opcodeTable } from '../../../src/python/opcodes.js';
import { type DisOfProgram, disOf } from '../../helpers/dis.js';
import { interpreters, label } from '../../helpers/interpreters.js';
import { countOf, type RecordedSample, recordProcess, shown, tally } from '../../helpers/recorded.js';
import { startTarget } from '../../helpers/target.js';

const phases = ['arithmetic', 'attributes'] as const;

/** What the compiler makes of each phase's own work, in all versions. */
const work = {
  arithmetic: /^(BINARY_|STORE_FAST)/,
  attributes: /^(LOAD_ATTR|STORE_ATTR)$/,
};

/** What the interpreter makes of it from 3.11 on. */
const specialised = {
  arithmetic: ['BINARY_OP_ADD_INT', 'BINARY_OP_MULTIPLY_INT', 'BINARY_OP_SUBTRACT_INT'],
  attributes: ['LOAD_ATTR_INSTANCE_VALUE', 'STORE_ATTR_INSTANCE_VALUE'],
};

const neverShown = /^(CACHE|EXTENDED_ARG|ENTER_EXECUTOR|INSTRUMENTED_.*|RESERVED|<.*)$/;

for (const interpreter of interpreters()) {
  const name = label(interpreter);
  const table = opcodeTable({ major: 3, minor: interpreter.minor });

  for (const phase of phases) {
    test(`on ${name} ${phase} shows the instructions that dis does, as they run`, async (t) => {
      const dis = disOf(interpreter, 'opcodes.py', { warm: phases });
      const { pid } = await startTarget(t, interpreter, 'opcodes.py', { args: [phase] });
      const { samples } = await recordProcess(pid, { rate: 5000, samples: 5000, processor: 'target' });
      const own = samples.filter(({ frames }) => frames.at(-1)?.name === phase);
      const all = countOf(own);
      const opcodes = tally(own, ({ opcode }) => opcode?.name);
      t.diagnostic(`${all} samples: ${[...opcodes].map(([key, count]) => `${key} ${count}`).join(', ')}`);
      assert.ok(all >= 0.95 * countOf(samples), `only ${all} of ${countOf(samples)} in ${phase}`);
      assert.equal(
        countOf(own, ({ opcode }) => opcode === undefined),
        0,
        'every instruction is known',
      );

      assertAsDis(samples, dis);
      assert.deepEqual(
        [...opcodes.keys()].filter((key) => neverShown.test(key)),
        [],
      );
      for (const { opcode } of own) {
        assert.equal(opcode?.base, table.baseName(table.opcodeByName(opcode?.name ?? '') ?? -1));
      }
      const working = countOf(own, ({ opcode }) => work[phase].test(opcode?.base ?? ''));
      assert.ok(working > all / 4, `little of the work is seen:\n${shown(opcodes)}`);
      if (interpreter.minor >= 11 && !interpreter.freeThreaded) {
        for (const form of specialised[phase]) {
          assert.ok((opcodes.get(form) ?? 0) > all / 100, `${form} is not hot:\n${shown(opcodes)}`);
        }
      }
    });
  }
}

/** Every leaf is an instruction of its function, in a form that it has there; every frame is at its line. */
function assertAsDis(samples: readonly RecordedSample[], dis: DisOfProgram): void {
  const all = countOf(samples);
  const leaves = tally(samples, ({ frames, opcode }) => {
    const leaf = frames.at(-1);
    return leaf && [leaf.name, leaf.firstLine, leaf.offset, leaf.line, opcode?.name, opcode?.base].join(' ');
  });
  const wrong = new Map<string, number>();
  for (const [leaf, count] of leaves) {
    const [name = '', firstLine, offset, line, opcode = '', base = ''] = leaf.split(' ');
    const truth = dis.get(`${name} ${firstLine}`)?.get(Number(offset));
    // A hot instruction is as dis has it; one that rarely runs may have had another form when dis was asked.
    const asDis = count > all / 200 ? opcode === (truth?.live ?? truth?.name) : base === truth?.name;
    if (truth === undefined || truth.line !== Number(line) || !asDis) {
      wrong.set(`${leaf}, but dis: ${JSON.stringify(truth)}`, count);
    }
  }
  assert.equal(wrong.size, 0, shown(wrong));
  for (const frame of samples.flatMap(({ frames }) => frames)) {
    const { name, firstLine, offset, line } = frame;
    const truth = dis.get(`${name} ${firstLine}`)?.get(offset);
    assert.equal(truth?.line, line, `${name} at ${offset}, line ${line}`);
  }
}
