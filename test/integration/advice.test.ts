import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Finding } from '../../src/advice/finding.js';
import { oneOfEach, type Recorded, recordedFindings } from '../helpers/findings.js';
import { type Interpreter, label } from '../helpers/interpreters.js';

/** What is found in the first of each pair of test/targets/advice.py. Patterns that go together are found together. */
const found: Readonly<Record<string, readonly string[]>> = {
  cell: ['cell in overlaps_before: "span" lives in a cell, since a function inside overlaps_before uses it'],
  general: [
    'general in general_before: COMPARE_OP (…) with 1 is hot and not specialised',
    'general in general_before: COMPARE_OP (…) with 2 is hot and not specialised',
  ],
  function: ['function-in-loop in function_before: a function is made anew in each round of a loop'],
  global: ['global-in-loop in global_before: the global "FACTOR" is looked up in each round of a loop'],
  types: ['several-types in types_before: BINARY_OP (+) meets values of several types'],
  compared: ['several-types in compared_before: COMPARE_OP (…) meets values of several types'],
  container: [
    'container-in-loop in container_before: a list is built anew in each round of a loop, and only read',
  ],
  dict: ['container-in-loop in dict_before: a dict is built anew in each round of a loop, and only read'],
  searched: [
    'container-in-loop in searched_before: a tuple is built anew in each round of a loop, and only searched',
  ],
  hashed: [
    'container-in-loop in hashed_before: a set is built anew in each round of a loop, and only searched',
  ],
  call: ['tiny-call in call_before: doubled is called in each round of a loop, and is one short expression'],
  subscript: ['repeated-subscript in subscript_before: "row[at]" is loaded 3 times in one line'],
  attribute: ['repeated-attribute in attribute_before: "span.high" is loaded 3 times in one line'],
};

/** Known by specialised forms alone. */
const specialised = ['general', 'types', 'compared', 'call', 'attribute', 'subscript'];

/** What both of a pair do is found in both: they look their helpers up in a loop, and call a lambda. */
function isOfBoth({ kind }: Finding, name: string): boolean {
  return (kind === 'global-in-loop' && name !== 'global') || (kind === 'tiny-call' && name === 'function');
}

/** Before 3.11 there is no MAKE_CELL, and nothing is specialised. */
function occursIn({ minor }: Interpreter, name: string): boolean {
  return minor >= 11 || (name !== 'cell' && !specialised.includes(name));
}

function shown(finding: Finding): string {
  const { kind, what } = finding;
  return `${kind} in ${finding.function}: ${what.replace(/COMPARE_OP \(.*\) (with|meets)/, 'COMPARE_OP (…) $1')}`;
}

/** How often specialising failed by the caches of what never succeeds: all that its counter can count. */
const mostAttempts: Readonly<Record<number, number>> = { 11: 7, 12: 11, 13: 11, 14: 11, 15: 5 };

async function findingsIn(
  t: TestContext,
  interpreter: Interpreter,
  program: string,
  args: readonly string[],
  expected: readonly string[] = [],
) {
  const isEnough = ({ findings }: Recorded) =>
    expected.every((one) => findings.some((finding) => shown(finding) === one));
  return (await recordedFindings(t, interpreter, program, args, isEnough)).findings;
}

for (const interpreter of oneOfEach([8, 11, 12, 13, 14, 15])) {
  for (const [name, expected] of Object.entries(found).filter(([each]) => occursIn(interpreter, each))) {
    test(`on ${label(interpreter)} what costs is found before a change (${name}), and nothing after it`, async (t) => {
      const before = await findingsIn(t, interpreter, 'advice.py', [name, 'before'], expected);
      // A global or builtin that costs next to nothing beside the pattern may come in or fall out by chance.
      const kinds = before.filter(({ kind }) => expected.some((one) => one.startsWith(`${kind} `)));
      assert.deepEqual([...new Set(kinds.map(shown))].sort(), expected, JSON.stringify(before, undefined, 1));
      for (const { share, samples, line, evidence } of kinds) {
        assert.ok(share >= 0.02 && share < 1 && samples >= 20);
        assert.ok(line > 0 || name === 'cell', 'only cells are made at no line');
        if (name === 'general') {
          assert.match(
            evidence,
            new RegExp(`, ${mostAttempts[interpreter.minor]} or more attempts in a row`),
          );
        }
      }
      const after = await findingsIn(t, interpreter, 'advice.py', [name, 'after']);
      assert.deepEqual(
        after.filter((finding) => !isOfBoth(finding, name)),
        [],
      );
    });
  }

  for (const name of ['container', 'handler', 'subscript', 'types', 'call', 'outside']) {
    test(`on ${label(interpreter)} nothing is found where a change would be wrong, or for nothing (${name})`, async (t) => {
      const findings = await findingsIn(t, interpreter, 'advice_none.py', [name]);
      assert.deepEqual(
        findings.filter((finding) => !isOfBoth(finding, name)),
        [],
      );
    });
  }
}
