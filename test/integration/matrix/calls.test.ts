import { test } from 'node:test';
import { interpreters, label } from '../../helpers/interpreters.js';
import { assertStacks } from '../../helpers/oracle.js';
import { recordProcess } from '../../helpers/recorded.js';
import { startTarget } from '../../helpers/target.js';

const families =
  'property item missing sort map raise create operator enter iterate spread bound partial'.split(' ');
const levels = families.flatMap((family) => [
  `${family}1`,
  `${family}1>${family}2`,
  `${family}1>${family}2>${family}3`,
]);

for (const interpreter of interpreters()) {
  test(`on ${label(interpreter)} callees are on their callers however they are called`, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'calls.py');
    const { samples } = await recordProcess(pid, { rate: 10_000, samples: 20_000, atLeast: 1500 });
    t.diagnostic(
      assertStacks(samples, {
        isReal: (stack) => /^<module>(>main(>iterate1>__iter__|>(\w+)1(>\3(2)(>\3(3))?)?)?)?$/.test(stack),
        occurring: levels.map((level) => `<module>>main>${level}`),
        bearable: 0.001,
      }),
    );
  });
}
