import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadProfile } from '../../src/load/json.js';
import type { Profile } from '../../src/profile/profile.js';
import { heavyops } from '../helpers/heavyops.js';
import { type Interpreter, interpreters } from '../helpers/interpreters.js';
import { lackOfKernelReader } from '../helpers/machine.js';
import { startTarget } from '../helpers/target.js';
import { scratch } from '../target/processes.js';

const here = interpreters().filter(({ root, freeThreaded }) => root === '/' && !freeThreaded);
const newest = here.at(-1) as Interpreter;
const other = here.find(({ version }) => minorOf(version) !== minorOf(newest.version));

for (const reader of ['kernel', 'memory', 'stopped']) {
  const skip = reader === 'kernel' && lackOfKernelReader();
  test(`forked workers are sampled beside their server, reader "${reader}"`, { skip }, async (t) => {
    const server = await startTarget(t, newest, 'workers.py');
    const workers = server.announced.slice(0, 2).map(Number);
    const file = join(scratch(t), 'profile.json');
    const options = ['-s', '-d', '1', '-o', file, '--reader', reader];
    const { code, stdout, stderr } = await heavyops(t, ['attach', '-p', String(server.pid), ...options]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, new RegExp(`^Subprocesses +2: pid ${workers.join(', ')}$`, 'm'));
    const profile = loadProfile(file);
    const { processes = [], children, duration } = profile.meta;
    assert.deepEqual(
      processes.map(({ pid }) => pid),
      workers,
    );
    assert.equal(children, undefined, 'cat is no Python, and is not missed');
    for (const [index, { pid, began, duration: watched, command }] of processes.entries()) {
      assert.ok(command.some((word) => word.endsWith('workers.py')));
      assert.ok(began + watched <= 1.001 * duration, `${began} + ${watched} of ${duration}`);
      const [thread, ...more] = threadsOf(profile, pid);
      assert.deepEqual(more, [], `worker ${index} has one thread`);
      const weights = weightsOf(profile, thread as number);
      t.diagnostic(
        `worker ${index}: ${weights.work / 1e6} ms in work, of ${weights.all / 1e6}, watched ${watched / 1e6}`,
      );
      assert.ok(Math.abs(weights.all - watched) < 0.005 * watched, `${weights.all} of ${watched}`);
      // It does nothing else, but for being read while it calls and returns.
      assert.ok(weights.work > 0.98 * weights.all);
    }
    assert.ok(
      profile.samples.time.every(
        (time, row) => time + (profile.samples.weight[row] as number) < 1.01 * duration,
      ),
    );
  });
}

test('programs that a shell starts while it is sampled are sampled, too, as long as each runs', async (t) => {
  const target = await startTarget(t, newest, 'spawning.py');
  const file = join(scratch(t), 'profile.json');
  const { code, stderr } = await heavyops(t, [
    'attach',
    String(target.pid),
    '-s',
    '-d',
    '3',
    '-q',
    '-o',
    file,
  ]);
  assert.equal(code, 0, stderr);
  const profile = loadProfile(file);
  const processes = profile.meta.processes ?? [];
  t.diagnostic(
    processes.map(({ pid, began, duration }) => `${pid}: ${began / 1e9} s, ${duration / 1e9} s`).join('; '),
  );
  const grandchildren = processes.filter(({ command }) =>
    command.some((word) => word.includes('def grandchild')),
  );
  assert.ok(grandchildren.length >= 2);
  const ran = threadsWith(profile, 'grandchild');
  assert.ok(ran.length >= 2, `${ran.length} grandchildren have samples`);
  for (const pid of ran) assert.ok(grandchildren.some((one) => one.pid === pid));
});

test('a child process of another Python is told of, not mixed in', {
  skip: other === undefined ? 'there is only one Python here' : false,
}, async (t) => {
  const [interpreter = ''] = (other as Interpreter).command;
  const target = await startTarget(t, newest, 'spawning.py', { args: [interpreter] });
  const { code, stdout, stderr } = await heavyops(t, [
    'attach',
    String(target.pid),
    '-s',
    '-d',
    '2',
    '--json',
  ]);
  assert.equal(code, 0, stderr);
  const { summary } = JSON.parse(stdout);
  assert.ok(summary.children.length > 0);
  for (const { command } of summary.processes ?? []) assert.notEqual(command[0], interpreter);
});

test('a program is started and sampled with its child processes', async (t) => {
  const [python = ''] = newest.command;
  const script =
    'import os, time\ndef work(end):\n  while time.time() < end: pass\nif os.fork() == 0:\n  work(time.time() + 2)\n  os._exit(0)\nos.wait()';
  const file = join(scratch(t), 'profile.json');
  const { code, stderr } = await heavyops(t, ['run', '-s', '-q', '-o', file, '--', python, '-c', script]);
  assert.equal(code, 0, stderr);
  const profile = loadProfile(file);
  const [pid] = profile.meta.processes?.map((process) => process.pid) ?? [];
  assert.deepEqual(threadsWith(profile, 'work'), [pid]);
});

function threadsOf({ threads }: Profile, pid: number): readonly number[] {
  return threads.flatMap((thread, index) => (thread.pid === pid ? [index] : []));
}

function weightsOf(profile: Profile, thread: number) {
  const { samples, stacks } = profile;
  const weights = { all: 0, work: 0 };
  for (let row = 0; row < samples.length; row++) {
    if (samples.thread[row] !== thread) continue;
    const weight = samples.weight[row] as number;
    weights.all += weight;
    if (namesOf(profile, samples.stack[row] as number, stacks.parent).includes('work'))
      weights.work += weight;
  }
  return weights;
}

function threadsWith(profile: Profile, name: string): readonly number[] {
  const { samples, stacks, threads } = profile;
  const found = new Set<number>();
  for (let row = 0; row < samples.length; row++) {
    const { pid } = threads[samples.thread[row] as number] ?? {};
    if (pid !== undefined && namesOf(profile, samples.stack[row] as number, stacks.parent).includes(name))
      found.add(pid);
  }
  return [...found];
}

function namesOf(
  { stacks, frames, codes, strings }: Profile,
  stack: number,
  parent: Int32Array,
): readonly string[] {
  const names: string[] = [];
  for (let row = stack; row >= 0; row = parent[row] as number) {
    const code = frames.code[stacks.frame[row] as number] as number;
    names.push(strings[codes.name[code] as number] ?? '');
  }
  return names;
}

function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}
