import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { apart, equalSamples, missingIn } from '../helpers/chance.js';
import { interpreters, label } from '../helpers/interpreters.js';
import { calls, chains, generators, type KnownStacks } from '../helpers/known-stacks.js';
import { lackOfKernelReader } from '../helpers/machine.js';
import { assertStacks } from '../helpers/oracle.js';
import {
  countOf,
  type RecordedSample,
  type Recording,
  type RecordingOptions,
  recordProcess,
  tally,
} from '../helpers/recorded.js';
import { startTarget } from '../helpers/target.js';

const skip = lackOfKernelReader();
/** The share of samples that may be unreadable, and that may be undecided: some of a hundred thousand are. */
const few = 0.0005;

for (const interpreter of interpreters()) {
  const name = label(interpreter);

  test(`on ${name} the kernel sees quick calls as they are when stopped`, { skip }, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'chains.py');
    const slow = await recordProcess(pid, { rate: 1000, samples: 1000, reader: 'kernel' });
    const quick = await recordEnough(pid);
    for (const recording of [slow, quick]) assertWhole(t, recording, chains);
    const stopped = await recordProcess(pid, { rate: 6000, samples: 6000, reader: 'stopped' });
    assertAlike(t, leavesOf(quick), leavesOf(stopped));
  });

  test(`on ${name} the kernel sees callees on their callers however they are called`, { skip }, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'calls.py');
    const options: RecordingOptions = { rate: 10_000, samples: 20_000, atLeast: 1500, reader: 'kernel' };
    assertWhole(t, await recordProcess(pid, options), calls);
  });

  for (const args of [[], ['quick']]) {
    const which = args.length > 0 ? 'generators that do nothing but switch' : 'generators and coroutines';
    test(`on ${name} the kernel sees ${which} under those that resumed them`, { skip }, async (t) => {
      const { pid } = await startTarget(t, interpreter, 'generators.py', { args });
      const recording = await recordProcess(pid, { rate: 10_000, samples: 10_000, reader: 'kernel' });
      assertWhole(t, recording, generators);
    });
  }
}

/** As many ticks as tell as much as some thousand: fewer come of a thread that others rob of its processor all the time. */
async function recordEnough(pid: number): Promise<Recording> {
  const options: RecordingOptions = { rate: 6000, samples: 6000, reader: 'kernel' };
  let recording = await recordProcess(pid, options);
  for (const atLeast of [4000, 16_000]) {
    if (toldBy(recording) >= 2000) break;
    recording = await recordProcess(pid, { ...options, atLeast });
  }
  return recording;
}

/** How many equal samples tell as much as those of a thread that ran. */
function toldBy({ samples }: Recording): number {
  return equalSamples(samples.filter(({ active }) => active).map(({ count }) => count));
}

/** Every stack is one that can be, all are seen that take a real part of the time, and each tick is a sample. */
function assertWhole(t: TestContext, { samples, profile }: Recording, known: KnownStacks) {
  t.diagnostic(assertStacks(samples, { ...known, bearable: 0, unreadable: few }));
  const { lost, truncated, undecided, ticks } = profile.meta.counters;
  assert.deepEqual({ lost, truncated }, { lost: 0, truncated: 0 });
  // The first sample is read from memory, and stands for all the time until the kernel watches; and one instant at which
  // others take the processor away counts for all the ticks that the wait lasts. On a busy machine that is some ten each.
  const counts = samples.flatMap(({ active, count }, index) => (active && index > 0 ? [] : [count]));
  const bearable = few * countOf(samples) + Math.max(...counts);
  assert.ok(undecided <= bearable, `${undecided} are undecided, ${bearable} may be`);
  const ran = countOf(samples, ({ active }) => active);
  // More than there were ticks: the time before the first one and after the last counts as well, and a thread that others
  // rob of its processor thousands of times a second is watched for a part of its time, which stands for the rest.
  assert.ok(ran >= (1 - few) * ticks, `${ran} of ${ticks} ticks are of a thread that ran`);
}

interface Leaves {
  /** Samples by function and instruction. */
  readonly places: ReadonlyMap<string, number>;
  /** The same, with each caller taken for its callee. */
  readonly callers: ReadonlyMap<string, number>;
  readonly opcodes: ReadonlyMap<string, number>;
}

/**
 * Of the samples of a thread that ran. Where one tick stands for several, as of a thread that is watched for a part of its
 * time, they tell as much as fewer equal ones: chance is to be reckoned with so many.
 */
function leavesOf({ samples }: Recording): Leaves {
  const all = samples.filter(({ active, frames }) => active && frames.length > 0);
  const told = equalSamples(all.map(({ count }) => count)) / countOf(all);
  const ran = all.map((sample) => ({ ...sample, count: sample.count * told }));
  const place = (depth: number) => (sample: RecordedSample) => {
    const frame = sample.frames.at(depth);
    return frame === undefined ? '' : `${frame.name}+${frame.offset}`;
  };
  return {
    places: tally(ran, place(-1)),
    callers: tally(ran, place(-2)),
    opcodes: tally(ran, ({ opcode }) => opcode?.name),
  };
}

/** What is on top differs by no more than chance explains; and would by more if another frame were taken for it. */
function assertAlike(t: TestContext, sampled: Leaves, stopped: Leaves): void {
  const { distance, most } = apart(sampled.places, stopped.places);
  const wrong = apart(sampled.callers, stopped.places).distance;
  t.diagnostic(
    `leaves are ${percent(distance)} apart of ${percent(most)} that may be; callers ${percent(wrong)}`,
  );
  assert.ok(distance <= most, `${percent(distance)} apart, ${percent(most)} may be`);
  assert.ok(wrong > most, `with the wrong frame on top it is only ${percent(wrong)}`);
  assert.deepEqual(missingIn(stopped.opcodes, sampled.opcodes), []);
  assert.deepEqual(missingIn(sampled.opcodes, stopped.opcodes), []);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
