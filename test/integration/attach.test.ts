import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadProfile } from '../../src/load/json.js';
import { type Finished, heavyops, startHeavyops, untilSampling } from '../helpers/heavyops.js';
import { type Interpreter, interpreters } from '../helpers/interpreters.js';
import { lackOfKernelReader } from '../helpers/machine.js';
import { startTarget } from '../helpers/target.js';
import { scratch } from '../target/processes.js';

const newest = interpreters().findLast(({ root, freeThreaded }) => root === '/' && !freeThreaded);
const elsewhere = interpreters().findLast(({ root }) => root !== '/');

async function target(t: TestContext, program = 'slow_app.py', interpreter = newest): Promise<string> {
  return String((await startTarget(t, interpreter as Interpreter, program)).pid);
}

function done({ code, stderr }: Finished): void {
  assert.equal(code, 0, stderr);
}

test('the summary and both tables go to standard output, nothing else anywhere', async (t) => {
  const finished = await heavyops(t, ['attach', await target(t), '-d', '0.5', '-n', '3']);
  done(finished);
  assert.equal(finished.stderr, '');
  const { stdout } = finished;
  assert.match(stdout, /^Target +CPython 3\.\d+\.\d+, pid \d+$/m);
  assert.match(stdout, /^Wall time +.*, as long as asked for$/m);
  assert.match(stdout, /^COUNT +SHARE +OPCODE +BASE$/m);
  assert.match(stdout, /^ *[\d,]+ \| .*slow_app\.py:\d+ hot_func\S* [A-Z_]+$/m);
});

test('a target in another root is sampled as well', {
  skip: elsewhere === undefined ? 'no interpreter has a root of its own here' : false,
}, async (t) => {
  const finished = await heavyops(t, ['attach', '-p', await target(t, 'slow_app.py', elsewhere), '-d=0.5']);
  done(finished);
  assert.match(finished.stdout, /slow_app\.py:\d+ hot_func/);
});

test('with --json one object is all that is on standard output', async (t) => {
  const finished = await heavyops(t, ['record', '--pid', await target(t), '-d', '500ms', '--json', '-q']);
  done(finished);
  const { summary, opcodes, locations } = JSON.parse(finished.stdout);
  assert.equal(summary.ended, 'duration');
  assert.equal(summary.rate, 1000);
  assert.ok(opcodes.length > 0 && locations.length > 0);
});

test('workers that were forked are named beside the process that was sampled, and no other child', async (t) => {
  const server = await startTarget(t, newest as Interpreter, 'workers.py');
  const workers = server.announced.slice(0, 2).map(Number);
  const file = join(scratch(t), 'profile.json');
  const finished = await heavyops(t, ['attach', '-p', String(server.pid), '-d', '0.3', '-o', file]);
  done(finished);
  const told = finished.stdout.replaceAll('\n', ' ');
  assert.ok(told.includes(`(pid ${workers.join(', ')}) were not sampled`), finished.stdout);
  const { children } = loadProfile(file).meta;
  assert.deepEqual(
    children,
    workers.toSorted((a, b) => a - b),
  );
});

test('with HEAVYOPS_DEBUG=1 the cost of the recording is told, beside the usual output', async (t) => {
  const env = { ...process.env, HEAVYOPS_DEBUG: '1' };
  const args = ['attach', await target(t), '-d', '0.5', '--json', '--reader', 'memory'];
  const finished = await heavyops(t, args, { env });
  done(finished);
  assert.equal(JSON.parse(finished.stdout).summary.ended, 'duration');
  assert.match(
    finished.stderr,
    /^heavyops: debug: first sample [\d.]+ ms after Node\.js began\n {2}[\d,]+ ticks in .*\n {2}[\d,]+ calls of process_vm_readv: .*\n {2}[\d,]+ ticks on the target's processor\n {2}CPU: .*\n {2}memory: .* MiB at most\n$/,
  );
});

test('of the kernel reader, too', { skip: lackOfKernelReader() }, async (t) => {
  const env = { ...process.env, HEAVYOPS_DEBUG: '1' };
  const finished = await heavyops(t, ['attach', await target(t), '-d', '0.5', '--reader', 'kernel'], { env });
  done(finished);
  assert.match(
    finished.stderr,
    /^heavyops: debug: first sample [\d.]+ ms after Node\.js began\n {2}[\d,]+ ticks of threads' clocks in .*\n {2}[\d,]+ samples with waits, 0 lost\n {2}[\d,]+ calls of process_vm_readv: .* a second\n {2}CPU: .*\n {2}memory: .* MiB at most\n$/,
  );
});

test('every file is written in the format of its extension', async (t) => {
  const directory = scratch(t);
  const names = ['a.speedscope.json', 'b.svg', 'c.collapsed', 'd.json'];
  const outputs = names.flatMap((name) => ['-o', join(directory, name)]);
  const finished = await heavyops(t, ['attach', await target(t), '-d', '0.5', ...outputs]);
  done(finished);
  assert.equal(finished.stderr.match(/^heavyops: wrote /gm)?.length, 4);
  assert.deepEqual((await readdir(directory)).sort(), names);
  assert.ok(loadProfile(join(directory, 'd.json')).meta.counters.samples > 0);
  assert.match(await readFile(join(directory, 'b.svg'), 'utf8'), /<\/svg>\s*$/);
});

test('with -q nothing is printed, and the file is written', async (t) => {
  const file = join(scratch(t), 'quiet.svg');
  const finished = await heavyops(t, ['attach', await target(t), '-d', '0.5', '-q', '-o', file]);
  assert.deepEqual(finished, { code: 0, signal: null, stdout: '', stderr: '' });
  assert.ok((await stat(file)).size > 0);
});

test('with "-o -" standard output has the profile alone', async (t) => {
  const finished = await heavyops(t, ['attach', await target(t), '-d', '0.5', '-o', '-', '-f', 'raw']);
  done(finished);
  const lines = finished.stdout.trimEnd().split('\n');
  assert.ok(lines.length > 0);
  for (const line of lines) assert.match(line, /^.+ \d+$/);
});

test('Ctrl-C and SIGTERM end the sampling, and what was sampled is delivered', async (t) => {
  const directory = scratch(t);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const file = join(directory, `${signal}.json`);
    const running = startHeavyops(t, ['attach', await target(t), '-o', file]);
    await untilSampling(running);
    await new Promise((resolve) => setTimeout(resolve, 300));
    running.child.kill(signal);
    const finished = await running.finished;
    done(finished);
    assert.match(finished.stdout, /until interrupted/);
    assert.equal(loadProfile(file).meta.ended, 'interrupted');
  }
});

test('a signal that others send on as well counts once', async (t) => {
  for (const signal of ['SIGINT', 'SIGHUP'] as const) {
    const file = join(scratch(t), 'a.json');
    const running = startHeavyops(t, ['attach', await target(t), '-o', file]);
    await untilSampling(running);
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (let sent = 0; sent < 5; sent++) {
      running.child.kill(signal);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    done(await running.finished);
    assert.equal(loadProfile(file).meta.ended, 'interrupted');
  }
});

test('a second Ctrl-C ends heavyops at once, and leaves no half of a file', async (t) => {
  const directory = scratch(t);
  const pipe = join(directory, 'pipe.svg');
  execFileSync('mkfifo', [pipe]);
  // A flame graph of a stack this deep does not fit into a pipe, so nothing gets past it before it is read.
  const args = ['-o', pipe, '-o', join(directory, 'next.svg')];
  const running = startHeavyops(t, ['attach', await target(t, 'recursion.py'), ...args]);
  const reader = await open(pipe, 'r');
  t.after(() => reader.close());
  await untilSampling(running);
  await new Promise((resolve) => setTimeout(resolve, 300));
  running.child.kill('SIGINT');
  await reader.read(Buffer.alloc(1), 0, 1);
  await new Promise((resolve) => setTimeout(resolve, 700)); // Sooner it would be taken for the first one, sent on.
  running.child.kill('SIGINT');
  const finished = await running.finished;
  assert.equal(finished.signal, 'SIGINT');
  assert.equal(finished.stdout, '');
  assert.deepEqual(await readdir(directory), ['pipe.svg']);
});

test('a reader that has seen enough is no error', async (t) => {
  const script = `"$0" "$1" attach ${await target(t)} -d 0.3 -f svg -o - | head -c 5; echo " \${PIPESTATUS[0]}"`;
  const main = new URL('../../cli/main.js', import.meta.url).pathname;
  const output = execFileSync('bash', ['-c', script, process.execPath, main], { encoding: 'utf8' });
  assert.equal(output, '<?xml 0\n');
});

test('when a file cannot be written in the end, the others are, and the tables are printed', async (t) => {
  const file = join(scratch(t), 'a.svg');
  const args = ['-d', '0.5', '-f', 'flamegraph', '-o', '/dev/full', '-o', file];
  const finished = await heavyops(t, ['attach', await target(t), ...args]);
  assert.equal(finished.code, 18);
  assert.match(finished.stderr, /"\/dev\/full" cannot be written: the disk is full/);
  assert.match(await readFile(file, 'utf8'), /<\/svg>\s*$/);
  assert.match(finished.stdout, /hot_func/);
});

test('a file that cannot be written is refused before anything is sampled', async (t) => {
  const directory = scratch(t);
  const before = join(directory, 'before.svg');
  await writeFile(before, 'as it was');
  const args = ['-o', before, '-o', join(directory, 'no-such-directory', 'a.svg')];
  const finished = await heavyops(t, ['attach', await target(t), ...args]); // It would not end by itself.
  assert.equal(finished.code, 18);
  assert.match(finished.stderr, /its directory does not exist\n.*mkdir -p/);
  assert.deepEqual(await readdir(directory), ['before.svg']);
  assert.equal(await readFile(before, 'utf8'), 'as it was');
});

test('an instruction that the version does not have is refused before anything is sampled', async (t) => {
  const finished = await heavyops(t, ['attach', await target(t), '--instructions', 'RESUMEE']);
  assert.equal(finished.code, 2);
  assert.match(finished.stderr, /has no instruction called "RESUMEE"/);
});
