import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { record } from '../../src/session/record.js';
import { childrenOf } from '../../src/target/children.js';
import { processStatus } from '../../src/target/process.js';
import { openTarget } from '../../src/target/target.js';
import { type BpfObjects, bpfObjectsOf, hashMapFlagsOf, stillLoaded } from '../helpers/bpf-objects.js';
import { startCommand, until } from '../helpers/heavyops.js';
import { type Interpreter, interpreters } from '../helpers/interpreters.js';
import { chains } from '../helpers/known-stacks.js';
import { lackOfKernelReader } from '../helpers/machine.js';
import { assertStacks } from '../helpers/oracle.js';
import { countOf, recordProcess, samplesOf, shown, tally } from '../helpers/recorded.js';
import { startTarget } from '../helpers/target.js';

const skip = lackOfKernelReader();
const newest = interpreters().findLast(
  ({ root, freeThreaded }) => root === '/' && !freeThreaded,
) as Interpreter;
const recorder = fileURLToPath(new URL('../helpers/recorder-process.js', import.meta.url));
const targets = fileURLToPath(new URL('../../../test/targets/', import.meta.url));
const nothing: BpfObjects = { programs: [], maps: [] };

test('a program that is killed while the kernel samples it ends the recording', { skip }, async (t) => {
  const target = await startTarget(t, newest, 'chains.py');
  const recording = record(await openTarget(target.pid), { rate: 1000, reader: 'kernel', duration: 60_000 });
  await sleep(300);
  await target.stop();
  const profile = await recording;
  assert.equal(profile.meta.ended, 'target-ended');
  t.diagnostic(assertStacks(samplesOf(profile), { ...chains, bearable: 0 }));
});

test('a program that runs another one ends the recording, and goes on as that one', { skip }, async (t) => {
  const program = [join(targets, 'threads_exec.py'), '1', 'sh', '-c', 'sleep 1; echo went on; exit 7'];
  const target = startCommand(t, [...newest.command, ...program]);
  await until('the program is ready', () => target.output.stdout.startsWith('ready'));
  const { samples, profile } = await recordProcess(target.pid, {
    rate: 1000,
    samples: Number.POSITIVE_INFINITY,
    reader: 'kernel',
  });
  assert.equal(profile.meta.ended, 'target-exec');
  assert.ok(countOf(samples, ({ active, frames }) => active && frames.length > 0) > 0);
  const { code, stdout } = await target.finished;
  assert.deepEqual([code, stdout.split('\n')[1]], [7, 'went on']);
});

test('nothing is left in the kernel by a recording', { skip }, async (t) => {
  const { pid } = await startTarget(t, newest, 'churn_threads.py');
  await recordProcess(pid, { rate: 1000, samples: 100, reader: 'kernel' }); // Loads all that is loaded but once.
  await collectGarbage();
  const before = descriptors();
  let [loaded, most] = [nothing, 0];
  const profile = await record(await openTarget(pid), {
    rate: 1000,
    reader: 'kernel',
    duration: 4000,
    onProgress: () => {
      loaded = bpfObjectsOf(process.pid);
      most = Math.max(most, descriptors());
    },
  });
  assert.ok(loaded.programs.length > 0 && loaded.maps.length > 0, 'something was loaded');
  const threads = profile.threads.length;
  await collectGarbage();
  t.diagnostic(
    `${before} descriptors before, at most ${most} meanwhile, of ${threads} threads, ${descriptors()} after`,
  );
  assert.ok(threads > 100, `${threads} threads`);
  // Two of each thread that is watched: those of threads that have ended are given back.
  assert.ok(most - before < threads, `${most} descriptors for ${threads} threads that came and went`);
  assert.ok(descriptors() <= before, `${descriptors()} descriptors are open`);
  assert.deepEqual(bpfObjectsOf(process.pid), nothing);
  assert.doesNotMatch(readFileSync('/proc/self/maps', 'latin1'), /bpf/);
  await until('the kernel has freed them', () => !isAnyOf(stillLoaded(newest, loaded)));
});

test('the table of threads has all its memory from the start, or Linux before 6.1 refuses the program', {
  skip,
}, async (t) => {
  const { pid } = await startTarget(t, newest, 'chains.py');
  let flags: readonly number[] = [];
  await record(await openTarget(pid), {
    rate: 1000,
    reader: 'kernel',
    duration: 1000,
    onProgress: () => {
      flags = hashMapFlagsOf(process.pid);
    },
  });
  assert.deepEqual(flags, [0]); // without BPF_F_NO_PREALLOC
});

test('nothing is left in the kernel by a profiler that is killed, and its target runs on', {
  skip,
}, async (t) => {
  const { pid } = await startTarget(t, newest, 'chains.py');
  const profiler = startCommand(t, [process.execPath, recorder, String(pid), '1000', 'kernel'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  await until('it records', () => profiler.output.stderr.startsWith('recording'));
  const loaded = bpfObjectsOf(profiler.pid);
  assert.ok(loaded.programs.length > 0 && loaded.maps.length > 0, 'something is loaded');
  assert.deepEqual(stillLoaded(newest, loaded), loaded);
  assert.equal(processStatus(pid)?.tracer, 0);
  profiler.child.kill('SIGKILL');
  assert.equal((await profiler.finished).signal, 'SIGKILL');
  await until('the kernel has freed them', () => !isAnyOf(stillLoaded(newest, loaded)));
  const used = processorTime(pid);
  await until('the target runs on', () => processorTime(pid) > used);
  const { samples } = await recordProcess(pid, { rate: 1000, samples: 500, reader: 'kernel' });
  t.diagnostic(assertStacks(samples, { ...chains, bearable: 0 }));
});

for (const [program, known] of [
  ['chains.py', new Set(chains.occurring)],
  ['threads.py', new Set(['_bootstrap>_bootstrap_inner>run>busy'])],
] as const) {
  test(`${program} in a pid namespace of its own is sampled by the ids that it has there`, {
    skip,
  }, async (t) => {
    const inside = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', ...newest.command];
    const { pid: parent } = await startTarget(t, { ...newest, command: inside }, program);
    const [pid = 0] = childrenOf(parent);
    assert.equal(processStatus(pid)?.namespacePids.at(-1), 1);
    const { samples, profile } = await recordProcess(pid, { rate: 1000, samples: 3000, reader: 'kernel' });
    const ours = readdirSync(`/proc/${pid}/task`).map(Number);
    assert.deepEqual(profile.threads.map(({ tid }) => tid).sort(), ours.sort());
    const working = tally(samples, ({ active, stack }) => (active ? stack : undefined));
    assert.deepEqual(
      [...known].filter((stack) => !working.has(stack)),
      [],
      shown(working),
    );
    assert.equal(profile.meta.counters.unreadable, 0);
  });
}

function isAnyOf({ programs, maps }: BpfObjects): boolean {
  return programs.length + maps.length > 0;
}

/** Closes what targets have open that nobody uses any more. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  await setImmediate(); // Finalizers of an addon run after the collection.
}

/** How many this process has open; listing them opens one. */
function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** ns that the first thread of a process has been on a processor (schedstat in proc(5)). */
function processorTime(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[0]);
}
