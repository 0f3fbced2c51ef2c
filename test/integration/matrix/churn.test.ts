import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interpreters, label } from '../../helpers/interpreters.js';
import { assertStacks } from '../../helpers/oracle.js';
import {
  countOf,
  type RecordedFrame,
  type RecordedSample,
  recordProcess,
  shown,
  tally,
} from '../../helpers/recorded.js';
import { runningReaders } from '../../helpers/running-readers.js';
import { startTarget } from '../../helpers/target.js';

const readers = runningReaders();
const cases = interpreters().flatMap((interpreter) => readers.map((one) => ({ interpreter, ...one })));

for (const { interpreter, reader, by, skip } of cases) {
  const name = label(interpreter);

  test(`on ${name} threads that come and go each have their own stacks${by}`, { skip }, async (t) => {
    const { pid, file } = await startTarget(t, interpreter, 'churn_threads.py');
    // The kernel tells of a thread while it runs, and 40 times a second while it does not.
    const wanted = reader === 'kernel' ? 1500 : 10_000;
    const options = { rate: 2000, samples: wanted, atLeast: 1000, reader };
    const { samples, profile } = await recordProcess(pid, options);
    const programs = (frames: readonly RecordedFrame[]) => frames.filter((frame) => frame.file === file);
    const own = samples.map((sample) => ({
      ...sample,
      stack: programs(sample.frames)
        .map((frame) => frame.name)
        .join('>'),
    }));
    const isMain = (sample: { thread: { tid: number } }) => sample.thread.tid === pid;
    const main = assertStacks(own.filter(isMain), {
      isReal: (stack) => /^<module>>main(>wave(><listcomp>)?)?$/.test(stack),
      occurring: ['<module>>main>wave'],
      bearable: 0.001,
    });
    const workers = own.filter((sample) => !isMain(sample) && sample.frames.length > 0);
    assertStacks(workers, {
      isReal: (stack) => /^(work(>step)?)?$/.test(stack),
      occurring: ['work>step'],
      bearable: 0.001,
    });
    for (const { frames } of workers) assert.match(frames[0]?.name ?? '', /^_bootstrap/);
    assert.ok(profile.threads.length > 10, `${profile.threads.length} threads`);
    assert.deepEqual(profile.threads.filter(({ tid }) => tid === pid).length, 1);
    // Each has a number of its own; what pthread_self() gave one, it soon gives another.
    const named = profile.threads.map(({ name: its }) => its).filter((its) => /^Thread-\d/.test(its));
    assert.equal(new Set(named).size, named.length, `${named}`);
    t.diagnostic(
      `${main} of the main thread; ${profile.threads.length} threads, ${named.length} were named before they had ended`,
    );
  });

  test(`on ${name} code objects keep their names while others take their places${by}`, {
    skip,
  }, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'churn_codes.py');
    const { samples, profile } = await recordProcess(pid, { rate: 5000, samples: 5000, reader });
    const made = samples.filter(({ frames }) => frames.at(-1)?.file.startsWith('<made '));
    const mixed = tally(made, ({ frames }) => mixedUp(frames.at(-1)));
    // What it waited while it was not watched counts for where it waited last, which may be a function before the last one.
    const running = reader === 'kernel' ? made.filter(({ active }) => active) : made;
    // By rows: one tick may stand for hundreds where others rob the thread of its processor.
    const stale = staleAmong(running).length;
    const all = assertStacks(samples, {
      isReal: (stack) => real.test(stack),
      occurring: [],
      bearable: 0,
      // What the kernel has seen is looked up 40 times a second: many functions are gone by then, more on a busy machine.
      unreadable: reader === 'kernel' ? 0.6 : 0.01,
    });
    t.diagnostic(
      `${all}; ${countOf(made)} samples in functions just made, ${stale} stale; ${profile.codes.length} code objects`,
    );
    assert.ok(countOf(made) > countOf(samples) / 10, shown(tally(samples, ({ stack }) => stack)));
    assert.equal(mixed.size, 0, shown(mixed));
    assert.ok(
      stale <= running.length / 100,
      `${stale} of ${running.length} are named after what was there before`,
    );
  });
}

const real = /^<module>(>main(>(made|other)_\d+|>make(><module>)?)?)?$/;

/** The program counts up: a sample of a number lower than one seen before it shows what is gone by then. */
function staleAmong(made: readonly RecordedSample[]): readonly RecordedSample[] {
  let latest = 0;
  return made.filter(({ frames }) => {
    const number = Number(/\d+/.exec(frames.at(-1)?.file ?? '')?.[0]);
    const begunAnew = latest - number > rounds / 2;
    const isStale = number < latest && !begunAnew;
    if (!isStale) latest = number;
    return isStale;
  });
}

/** After so many functions the program begins again. */
const rounds = 5000;

/** What is wrong with a frame whose name, file and lines all tell the function's number; undefined: nothing. */
function mixedUp(frame: RecordedFrame | undefined): string | undefined {
  if (frame === undefined || frame.name === '<module>') return undefined;
  const { name, file, firstLine, line } = frame;
  const number = Number(/^(?:made|other)_(\d+)$/.exec(name)?.[1]);
  const right =
    file === `<made ${number}>` &&
    name.startsWith(number % 3 === 0 ? 'other' : 'made') &&
    firstLine === number &&
    line >= number &&
    line <= number + 3 + (number % 7);
  return right ? undefined : `${name} in ${file}, from line ${firstLine}, at ${line}`;
}
