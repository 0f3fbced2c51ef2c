import { test } from 'node:test';
import { interpreters, label } from '../../helpers/interpreters.js';
import { generators } from '../../helpers/known-stacks.js';
import { assertStacks } from '../../helpers/oracle.js';
import { recordProcess } from '../../helpers/recorded.js';
import { startTarget } from '../../helpers/target.js';

for (const interpreter of interpreters()) {
  test(`on ${label(interpreter)} generators and coroutines are under those that resumed them`, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'generators.py');
    const { samples } = await recordProcess(pid, { rate: 20_000, samples: 20_000 });
    t.diagnostic(assertStacks(samples, { ...generators, bearable: 0.001 }));
  });

  test(`on ${label(interpreter)} generators that do nothing but switch are not put on each other`, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'generators.py', { args: ['quick'] });
    // Free-threaded, each generator has a new address, and is read after the rest: from another processor some stacks
    // never existed (docs/accuracy.md). From its own that cannot be.
    const processor = interpreter.freeThreaded ? 'target' : 'auto';
    const rate = interpreter.freeThreaded ? 5_000 : 20_000;
    const { samples } = await recordProcess(pid, { rate, samples: 5_000, processor });
    // On 3.11 and on free-threaded builds most are over before they are read: undecided, see docs/accuracy.md.
    const everyLevel = interpreter.minor !== 11 && !interpreter.freeThreaded ? generators.occurring : [];
    const bearable = interpreter.freeThreaded ? 0.002 : 0.01;
    t.diagnostic(assertStacks(samples, { ...generators, occurring: everyLevel, bearable }));
  });
}
