import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviceFor } from '../../src/advice/advice.js';
import type { Finding } from '../../src/advice/finding.js';
import { record } from '../../src/session/record.js';
import { openTarget } from '../../src/target/target.js';
import { type Interpreter, interpreters, label } from '../helpers/interpreters.js';
import { startTarget } from '../helpers/target.js';

/** What is found in the first of each pair of test/targets/advice.py. Patterns that go together are found together. */
const found: Readonly<Record<string, readonly string[]>> = {
  cell: ['cell in overlaps_before: "span" lives in a cell, since a function inside overlaps_before uses it'],
  general: [
    'general in general_before: COMPARE_OP (…) with 1 is hot and not specialised',
    'general in general_before: COMPARE_OP (…) with 2 is hot and not specialised',
  ],
  function: ['function-in-loop in function_before: a function is made anew in each round of a loop'],
  global: ['global-in-loop in global_before: the global "FACTOR" is looked up in each round of a loop'],
  attribute: ['repeated-attribute in attribute_before: "span.high" is loaded 3 times in one line'],
};

function lackOfSpecialising({ minor, freeThreaded }: Interpreter): string | false {
  return minor === 13 && freeThreaded && 'free-threaded 3.13 specialises nothing';
}

function shown(finding: Finding): string {
  const { kind, what } = finding;
  return `${kind} in ${finding.function}: ${what.replace(/COMPARE_OP \(.*?\) with/, 'COMPARE_OP (…) with')}`;
}

for (const interpreter of interpreters().filter(({ minor }) => minor >= 11)) {
  for (const [name, expected] of Object.entries(found)) {
    // Attributes are known for plain by their specialised form alone.
    const skip = name === 'attribute' || name === 'general' ? lackOfSpecialising(interpreter) : false;
    test(`on ${label(interpreter)} what costs is found before a change (${name}), and nothing after it`, {
      skip,
    }, async (t) => {
      const findings = async (which: string) => {
        const target = await startTarget(t, interpreter, 'advice.py', { args: [name, which] });
        const profile = await record(await openTarget(target.pid), {
          rate: 2000,
          reader: 'memory',
          duration: 1500,
          programText: true,
        });
        await target.stop();
        return adviceFor(profile);
      };
      const before = await findings('before');
      // A global or builtin that costs next to nothing beside the pattern may come in or fall out by chance.
      const kinds = before.filter(({ kind }) => expected.some((one) => one.startsWith(`${kind} `)));
      assert.deepEqual([...new Set(kinds.map(shown))].sort(), expected, JSON.stringify(before, undefined, 1));
      for (const { share, samples, line } of kinds) {
        assert.ok(share >= 0.02 && share < 1 && samples >= 20);
        assert.ok(line > 0 || name === 'cell', 'only cells are made at no line');
      }
      // What both of a pair do is found in both: they look their helpers up in a loop.
      const left = (await findings('after')).filter(
        ({ kind }) => kind !== 'global-in-loop' || name === 'global',
      );
      assert.deepEqual(left, []);
    });
  }
}
