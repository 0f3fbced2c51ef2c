import { test } from 'node:test';
import { interpreters, label } from '../../helpers/interpreters.js';
import { calls } from '../../helpers/known-stacks.js';
import { assertStacks } from '../../helpers/oracle.js';
import { recordProcess } from '../../helpers/recorded.js';
import { startTarget } from '../../helpers/target.js';

for (const interpreter of interpreters()) {
  test(`on ${label(interpreter)} callees are on their callers however they are called`, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'calls.py');
    const { samples } = await recordProcess(pid, { rate: 10_000, samples: 20_000, atLeast: 1500 });
    t.diagnostic(assertStacks(samples, { ...calls, bearable: 0.001 }));
  });
}
