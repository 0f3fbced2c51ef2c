import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { Thread } from '../../../src/profile/profile.js';
import { type Interpreter, interpreters, label } from '../../helpers/interpreters.js';
import { countOf, type RecordedSample, type Recording, recordProcess } from '../../helpers/recorded.js';
import { runningReaders } from '../../helpers/running-readers.js';
import { startTarget } from '../../helpers/target.js';

const readers = runningReaders();
const cases = interpreters().flatMap((interpreter) => readers.map((one) => ({ interpreter, ...one })));

for (const { interpreter, reader, by, skip } of cases) {
  test(`on ${label(interpreter)} all of 50 threads are seen, and which of them work${by}`, {
    skip,
  }, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'threads.py');
    // The kernel tells of threads that sleep 40 times a second.
    const samples = reader === 'kernel' ? 51 * 60 : 51 * 600;
    const recording = await recordProcess(pid, { rate: 1000, samples, atLeast: 1000, reader });
    const ids = readdirSync(`/proc/${pid}/task`).map(Number);
    assert.deepEqual(recording.profile.threads.map(({ tid }) => tid).sort(), ids.sort());
    assertBusyAndIdle(t, recording, pid);
    // A tick in the kernel stands for time on a processor, others may have held the GIL in between.
    if (!interpreter.freeThreaded && reader === 'memory') assertOneHolder(recording.samples);
    assertNames(interpreter, recording.profile.threads);
  });
}

function assertBusyAndIdle(t: TestContext, { samples, profile }: Recording, pid: number): void {
  const shares: string[] = [];
  let busy = 0;
  for (const thread of profile.threads) {
    const own = samples.filter((sample) => sample.thread === thread);
    const leaves = new Set(own.map(({ stack }) => stack.split('>').slice(-1)[0]));
    const active = countOf(own, (sample) => sample.active);
    if (leaves.has('busy')) {
      busy += 1;
      shares.push(`${thread.name} ${active} of ${countOf(own)} active`);
      assert.ok(active > 0, `${thread.name} works`);
      assert.ok(countOf(own, ({ gil }) => gil) > 0, `${thread.name} holds the GIL now and then`);
      assert.deepEqual([...leaves], ['busy']);
      continue;
    }
    assert.deepEqual([...leaves], [thread.tid === pid ? 'main' : 'idle']);
    // The main thread may still be on its way from saying "ready" to its sleep when the first sample is taken.
    assert.ok(
      active <= (thread.tid === pid ? 0.01 * countOf(own) : 0),
      `${thread.name} sleeps: ${active} active`,
    );
    const holds = countOf(own, ({ gil }) => gil);
    assert.ok(
      holds <= (thread.tid === pid ? 0.01 * countOf(own) : 0),
      `${thread.name} holds the GIL: ${holds}`,
    );
  }
  t.diagnostic(shares.join(', '));
  assert.equal(busy, 4);
}

/** At no moment two threads hold the GIL: rows that do so never overlap in time. */
function assertOneHolder(samples: readonly RecordedSample[]): void {
  const held = samples.filter(({ gil }) => gil).sort((a, b) => a.time - b.time);
  assert.ok(held.length > 10, 'the GIL goes from hand to hand');
  held.forEach((sample, index) => {
    const next = held[index + 1];
    // Sums of floating-point numbers of this size are good to a microsecond.
    if (next === undefined || next.time - (sample.time + sample.weight) >= -1000) return;
    assert.fail(`${sample.thread.name} and ${next.thread.name} both hold it at ${next.time} ns`);
  });
}

/** Python's own name for a thread reaches the kernel only from 3.14 on; heavyops reads it from Python. */
function assertNames({ minor }: Interpreter, threads: readonly Thread[]): void {
  const names = threads.map(({ name }) => name).sort();
  assert.ok(minor > 0);
  assert.equal(names.filter((name) => /^idle-\d+$/.test(name)).length, 46, names.join(' '));
  assert.equal(names.filter((name) => /^busy-[0-3]$/.test(name)).length, 4, names.join(' '));
}
