import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opcodeTable } from '../../../src/python/opcodes.js';
import { disOf } from '../../helpers/dis.js';
import { interpreters, label } from '../../helpers/interpreters.js';
import { countOf, type RecordedSample, recordProcess, shown, tally } from '../../helpers/recorded.js';
import { startTarget } from '../../helpers/target.js';

const watched = ['arithmetic', 'attributes'];
const instrumented: Readonly<Record<string, string>> = {
  'LINE,INSTRUCTION': 'under a debugger that follows lines and instructions',
  'LINE,BRANCH,PY_START,PY_RETURN,CALL': 'under a coverage tool',
};

for (const interpreter of interpreters().filter(({ minor }) => minor >= 12)) {
  const table = opcodeTable({ major: 3, minor: interpreter.minor });
  for (const [events, situation] of Object.entries(instrumented)) {
    test(`on ${label(interpreter)} instructions are the program's own ${situation}`, async (t) => {
      const dis = disOf(interpreter, 'monitored.py');
      const { pid } = await startTarget(t, interpreter, 'monitored.py', { args: [events] });
      const { samples } = await recordProcess(pid, { rate: 5000, samples: 3000 });
      const own = samples.filter(({ frames }) => watched.includes(frames.at(-1)?.name ?? ''));
      const opcodes = tally(own, ({ opcode }) => opcode?.name);
      t.diagnostic(`${countOf(own)}: ${[...opcodes].map(([key, count]) => `${key} ${count}`).join(', ')}`);
      assert.ok(countOf(own) > countOf(samples) / 10, shown(tally(samples, ({ stack }) => stack)));
      const base = (name: string) => table.baseName(table.opcodeByName(name) ?? -1);
      const wrong = tally(own, (sample) => {
        const { name, offset, firstLine, line } = sample.frames.at(-1) ?? never(sample);
        const truth = dis.get(`${name} ${firstLine}`)?.get(offset);
        const opcode = sample.opcode?.name ?? '?';
        const right = truth?.line === line && base(opcode) === truth.name && !/^INSTRUMENTED/.test(opcode);
        return right
          ? undefined
          : `${name} ${offset} line ${line} ${opcode}, but dis: ${JSON.stringify(truth)}`;
      });
      assert.equal(wrong.size, 0, shown(wrong));
    });
  }
}

function never(sample: RecordedSample): never {
  throw new Error(`a sample without frames: ${JSON.stringify(sample)}`);
}
