import { test } from 'node:test';
import { interpreters, label } from '../../helpers/interpreters.js';
import { assertStacks } from '../../helpers/oracle.js';
import { recordProcess } from '../../helpers/recorded.js';
import { startTarget } from '../../helpers/target.js';

const collected = '<module>>main>churn>collect>finalize';

for (const interpreter of interpreters()) {
  test(`on ${label(interpreter)} finalizers are where the garbage collector ran them`, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'garbage.py');
    const { samples } = await recordProcess(pid, { rate: 10_000, samples: 10_000 });
    t.diagnostic(
      assertStacks(samples, {
        isReal: (stack) =>
          /^<module>>main(>churn(>__init__|(>collect|>__init__)?(>finalize(>note)?)?)?)?$/.test(stack),
        occurring: ['<module>>main>churn>collect', collected, `${collected}>note`],
        bearable: 0.001,
      }),
    );
  });
}
