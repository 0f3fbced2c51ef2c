import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interpreters, label } from '../../helpers/interpreters.js';
import { countOf, recordProcess, shown, tally } from '../../helpers/recorded.js';
import { runningReaders } from '../../helpers/running-readers.js';
import { startTarget } from '../../helpers/target.js';

const readers = runningReaders();
const cases = interpreters().flatMap((interpreter) => readers.map((one) => ({ interpreter, ...one })));

for (const { interpreter, reader, by, skip } of cases) {
  const name = label(interpreter);
  test(`on ${name} functions of a sub-interpreter are seen, and told from the main one's${by}`, {
    skip,
  }, async (t) => {
    const started = await startTarget(t, interpreter, 'subinterpreters.py').catch((error: Error) => {
      assert.match(error.message, /unsupported/);
      return undefined;
    });
    if (started === undefined) {
      t.skip('this interpreter has no module that makes sub-interpreters');
      return;
    }
    const { samples, profile } = await recordProcess(started.pid, { rate: 1000, samples: 1500, reader });
    const stacks = shown(tally(samples, ({ stack }) => stack));
    const readable = samples.filter(({ frames }) => frames.length > 0);
    const leafIs = (leaf: string) => readable.filter(({ stack }) => stack.endsWith(`>${leaf}`));
    const inside = leafIs('busy_inside');
    const outside = leafIs('busy_outside');
    assert.ok(countOf(inside) > 0.3 * countOf(readable), stacks);
    assert.ok(countOf(outside) > 0.3 * countOf(readable), stacks);
    assert.deepEqual([...new Set(outside.map(({ stack }) => stack))], ['<module>>main>busy_outside']);

    const main = new Set(outside.map(({ thread }) => thread));
    const sub = new Set(inside.map(({ thread }) => thread));
    assert.equal(main.size, 1);
    assert.equal([...main][0]?.tid, started.pid);
    assert.ok(![...sub].some((thread) => main.has(thread)));
    // 3.6 gives interpreters no ids.
    const ids = [...sub].map((thread) => thread.interpreter);
    assert.deepEqual(
      [...main].map((thread) => thread.interpreter),
      [0],
    );
    if (interpreter.minor >= 7)
      assert.ok(
        ids.every((id) => id !== 0),
        JSON.stringify(profile.threads),
      );
  });
}
