import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { disOf } from '../../helpers/dis.js';
import { type Interpreter, interpreters, label, missing } from '../../helpers/interpreters.js';
import { countOf, recordProcess, shown, tally } from '../../helpers/recorded.js';
import { startTarget } from '../../helpers/target.js';

const env = { PYTHON_JIT: '1' };

const withJit = interpreters().filter((interpreter) => interpreter.minor >= 13 && hasJit(interpreter));

test('there is an interpreter with a JIT', {
  skip: missing().length > 0 && 'not every interpreter is here',
}, () => {
  assert.ok(withJit.length > 0);
});

for (const interpreter of withJit) {
  for (const phase of ['arithmetic', 'attributes']) {
    test(`on ${label(interpreter)} ${phase} that the JIT runs is marked as such`, async (t) => {
      const dis = disOf(interpreter, 'opcodes.py');
      const { pid } = await startTarget(t, interpreter, 'opcodes.py', { args: [phase], env });
      const { samples } = await recordProcess(pid, { rate: 5000, samples: 2000 });
      const own = samples.filter(({ frames }) => frames.at(-1)?.name === phase);
      const opcodes = tally(own, ({ opcode }) => opcode?.name ?? 'unknown');
      const near = countOf(own, ({ jit }) => jit);
      t.diagnostic(`${near} of ${countOf(own)} in the JIT: ${shown(opcodes, 20).replace(/\s+/g, ' ')}`);
      assert.ok(near > 0.9 * countOf(own), `${near} of ${countOf(own)} are marked`);
      assert.deepEqual(
        [...opcodes.keys()].filter((name) =>
          /^(ENTER_EXECUTOR|CACHE|EXTENDED_ARG|INSTRUMENTED_.*|<.*)$/.test(name),
        ),
        [],
      );
      // What is shown is near, but it is an instruction of the function, at its line.
      const wrong = tally(own, ({ frames, opcode }) => {
        const leaf = frames.at(-1);
        const truth = dis.get(`${leaf?.name} ${leaf?.firstLine}`)?.get(leaf?.offset ?? -1);
        const right = truth !== undefined && truth.line === leaf?.line && truth.name === opcode?.base;
        return right
          ? undefined
          : `${leaf?.offset} ${leaf?.line} ${opcode?.name}, but dis: ${JSON.stringify(truth)}`;
      });
      assert.equal(wrong.size, 0, shown(wrong));
    });
  }
}

/** sys._jit tells from 3.14 on; a build without it has no such module. */
function hasJit({ command: [program = '', ...args] }: Interpreter): boolean {
  const question = 'import sys; print(hasattr(sys, "_jit") and sys._jit.is_enabled())';
  const options = { encoding: 'utf8', env: { ...process.env, ...env } } as const;
  return execFileSync(program, [...args, '-c', question], options).trim() === 'True';
}
