import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSame, counted, countsOf, groundFor, plainly, sum } from '../../helpers/counted.js';
import { interpreters, label } from '../../helpers/interpreters.js';

/** Each program with the exit code that it has. */
const programs: Readonly<Record<string, number>> = {
  'closures.py': 0,
  'coroutines.py': 0,
  'exceptions.py': 0,
  'executed.py': 0,
  'exits.py': 7,
  'forks.py': 0,
  'generators.py': 0,
  'imports.py': 0,
  'killed.py': 143,
  'lines.py': 0,
  'opcodes.py': 0,
  'recursion.py': 0,
  'special.py': 0,
  'threads.py': 0,
  'uncaught.py': 1,
};

/** The last of each version. Free-threaded builds are refused (command.test.ts); 3.6 cannot be counted. */
const countable = [
  ...new Map(
    interpreters()
      .filter(({ minor, freeThreaded }) => minor >= 7 && !freeThreaded)
      .map((interpreter) => [interpreter.minor, interpreter] as const),
  ).values(),
];

for (const interpreter of countable) {
  test(`on ${label(interpreter)} every instruction is counted as a plain trace counts it`, async (t) => {
    const ground = groundFor(t, interpreter);
    for (const [program, code] of Object.entries(programs)) {
      await t.test(program, async (part) => {
        const [{ finished, profile }, plain] = await Promise.all([
          counted(part, ground, [program]),
          plainly(ground, program),
        ]);
        assert.equal(finished.code, code, finished.stderr);
        const counts = countsOf(profile);
        assertSame(counts, plain);
        part.diagnostic(`${counts.map(sum).join(' + ')} instructions`);
      });
    }
  });
}

test('there are interpreters to count on', () => assert.ok(countable.length > 0));
