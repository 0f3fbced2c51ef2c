import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadProfile } from '../../src/load/json.js';
import { processStat } from '../../src/target/process.js';
import { heavyops, type RunningCommand, startHeavyops, until, untilSampling } from '../helpers/heavyops.js';
import { interpreters } from '../helpers/interpreters.js';
import { scratch } from '../target/processes.js';

const newest = interpreters().findLast(({ root, freeThreaded }) => root === '/' && !freeThreaded);
const python = newest?.command[0] ?? 'python3';
const targets = fileURLToPath(new URL('../../../test/targets/', import.meta.url));
const ends = (...args: string[]) => [python, join(targets, 'ends.py'), ...args];

/** The pid that a program of test/targets has said; it is ended with the test. */
async function announced(t: TestContext, running: RunningCommand): Promise<number> {
  await until('the program says that it is ready', () => /^ready \d+$/m.test(running.output.stdout));
  const pid = Number(/^ready (\d+)$/m.exec(running.output.stdout)?.[1]);
  t.after(() => {
    if (/^(python|sleep)/.test(processStat(pid)?.name ?? '')) process.kill(pid, 'SIGKILL');
  });
  return pid;
}

test('a program is sampled before its own first line, and ends with its own exit code', async (t) => {
  const directory = scratch(t);
  // An interpreter imports this before it comes to the program.
  const startup = 'import time\nend = time.time() + 2\nwhile time.time() < end: pass\n';
  await writeFile(join(directory, 'sitecustomize.py'), startup);
  const file = join(directory, 'run.json');
  const finished = await heavyops(t, ['run', '-o', file, '--', ...ends('1.5', 'exit', '7')], {
    env: { ...process.env, PYTHONPATH: directory },
  });
  assert.equal(finished.code, 7, finished.stderr);
  assert.match(finished.stdout, /^ready \d+\n$/);
  assert.match(finished.stderr, /^Wall time .*, until the target ended$/m);
  assert.match(finished.stderr, /ends\.py:\d+ work/);
  assert.match(finished.stderr, /sitecustomize\.py:3 <module>/);
  assert.equal(loadProfile(file).meta.ended, 'target-ended');
});

test('a signal that ends the program shows in the exit code', async (t) => {
  const finished = await heavyops(t, ['run', '--', ...ends('0.3', 'signal', '9')]);
  assert.equal(finished.code, 137, finished.stderr);
});

test('a program that is named without its interpreter is run by python3', async (t) => {
  const finished = await heavyops(t, ['run', '-n', '1', join(targets, 'ends.py'), '0.3', 'exit', '3'], {
    env: { ...process.env, PATH: `${await directoryOfPython3(t)}:${process.env.PATH}` },
  });
  assert.equal(finished.code, 3, finished.stderr);
  assert.match(finished.stderr, /ends\.py/);
});

test('options behind the program are its own', async (t) => {
  const args = ['run', '-n', '1', python, '-c', 'import sys; print(sys.argv[1:])', '-n', '5', '--json'];
  const finished = await heavyops(t, args);
  assert.equal(finished.stdout, "['-n', '5', '--json']\n");
});

test('with --json the tables are one object on standard error', async (t) => {
  const finished = await heavyops(t, ['run', '--json', '--', ...ends('1.5', 'exit', '0')]);
  assert.equal(finished.code, 0);
  assert.ok(JSON.parse(finished.stderr).opcodes.length > 0);
});

test('when the time is over the profile is written, and the program goes on', async (t) => {
  const file = join(scratch(t), 'run.json');
  const running = startHeavyops(t, [
    'run',
    '-d',
    '0.3',
    '-o',
    file,
    '--',
    python,
    join(targets, 'signals.py'),
  ]);
  const pid = await announced(t, running);
  await until('the tables are printed', () => running.output.stderr.includes('COUNT | LOCATION'));
  assert.equal(loadProfile(file).meta.ended, 'duration');
  assert.notEqual(processStat(pid), undefined);
  process.kill(pid, 'SIGTERM');
  assert.equal((await running.finished).code, 42);
});

test('signals to heavyops reach the program, and the sampling goes on', async (t) => {
  const running = startHeavyops(t, ['run', '--', python, join(targets, 'signals.py')], { detached: true });
  await announced(t, running);
  await untilSampling(running);
  // Not from a terminal: here SIGINT is for heavyops alone, so it is passed on, too.
  for (const name of ['SIGUSR1', 'SIGUSR2', 'SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    running.child.kill(name);
    await until(`the program gets ${name}`, () => running.output.stdout.includes(`got ${name}\n`));
  }
  const finished = await running.finished;
  assert.equal(finished.code, 42, finished.stderr);
  assert.match(
    finished.stdout,
    /^ready \d+\ngot SIGUSR1\ngot SIGUSR2\ngot SIGHUP\ngot SIGINT\ngot SIGTERM\n$/,
  );
  assert.match(finished.stderr, /signals\.py/);
});

test('the program outlives a heavyops that is killed', async (t) => {
  const running = startHeavyops(t, ['run', '--', python, join(targets, 'signals.py')]);
  const pid = await announced(t, running);
  await untilSampling(running);
  running.child.kill('SIGKILL');
  // The program still holds the streams, so `finished` comes only when both have ended.
  await until('heavyops is gone', () => running.child.signalCode === 'SIGKILL');
  process.kill(pid, 'SIGUSR1');
  await until('the program answers', () => running.output.stdout.includes('got SIGUSR1\n'));
  process.kill(pid, 'SIGTERM');
  await running.finished;
});

test('a wrapper that runs Python in its own place is followed', async (t) => {
  const script = 'sleep 1.3; exec "$@"'; // By then it is no young process any more, and was told to be no Python.
  const finished = await heavyops(t, ['run', '--', 'sh', '-c', script, 'sh', ...ends('1.5', 'exit', '5')]);
  assert.equal(finished.code, 5, finished.stderr);
  assert.match(finished.stderr, /is not a Python: it runs .*sh\n/);
  assert.match(finished.stderr, /the program goes on; sampling begins when it runs Python itself/);
  assert.match(finished.stderr, /ends\.py:\d+ work/);
});

test('for a wrapper that starts Python as a child, the child is named', async (t) => {
  const finished = await heavyops(t, [
    'run',
    '--',
    'sh',
    '-c',
    '"$@"; exit 6',
    'sh',
    ...ends('3', 'exit', '0'),
  ]);
  assert.equal(finished.code, 6, finished.stderr);
  // The command is cut to 60 characters, so a long path may hide the script's name.
  assert.match(
    finished.stderr,
    /Its child process \d+ is one: \S*python\S* .*Try `heavyops attach --pid \d+`/,
  );
  assert.match(finished.stderr, /ended before any Python of it could be sampled/);
});

test('a program that runs another one in its place is sampled until then', async (t) => {
  const command = ends('1.5', 'exec', 'sh', '-c', 'exit 9');
  const finished = await heavyops(t, ['run', '--', ...command]);
  assert.equal(finished.code, 9, finished.stderr);
  assert.match(finished.stderr, /until the target (ran another program|ended)/);
  assert.match(finished.stderr, /ends\.py:\d+ work/);
});

test('when the time is over that was given, what ran before another program took its place is delivered', async (t) => {
  const running = startHeavyops(t, ['run', '-d', '5', '--', ...ends('2', 'exec', 'sleep', '600')]);
  const pid = await announced(t, running);
  await until('the tables are there', () => /ends\.py:\d+ work/.test(running.output.stderr));
  assert.equal(processStat(pid)?.name, 'sleep');
  process.kill(pid, 'SIGTERM');
  assert.equal((await running.finished).code, 143);
});

test('a Python that only launches another one is left out', async (t) => {
  const proper = `import time\ndef proper():\n  end = time.time() + 1\n  while time.time() < end: pass\nproper()`;
  const command = ends('1.5', 'exec', python, '-c', proper);
  const finished = await heavyops(t, ['run', '--', ...command]);
  assert.equal(finished.code, 0, finished.stderr);
  assert.match(finished.stderr, /^Wall time .*, until the target ended$/m);
  assert.match(finished.stderr, /<string>:\d+ proper/);
  assert.doesNotMatch(finished.stderr, /ends\.py:\d+ work/);
  assert.match(finished.stderr, /left out what ran before the program began to run another Python/);
});

test('with --json standard output can still have the profile, as it is the program that has no tables there', async (t) => {
  const args = ['run', '--json', '-f', 'collapsed', '-o', '-', '--', ...ends('1.5', 'exit', '0')];
  const finished = await heavyops(t, args);
  assert.equal(finished.code, 0, finished.stderr);
  assert.match(finished.stdout, /^ready \d+\n/);
  assert.match(finished.stdout, /^<module> .*;work .* \d+$/m);
  assert.ok(
    JSON.parse(finished.stderr.split('\n').find((line) => line.startsWith('{')) ?? '').opcodes.length > 0,
  );
});

test('a program without any Python keeps its output and its exit code', async (t) => {
  const finished = await heavyops(t, ['run', '--', 'sh', '-c', 'echo out; echo err >&2; exit 4']);
  assert.equal(finished.code, 4);
  assert.equal(finished.stdout, 'out\n');
  assert.match(finished.stderr, /^err\nheavyops: the program \(process \d+\) ended before/);
});

test('the program has our standard input', async (t) => {
  const directory = scratch(t);
  const running = startHeavyops(t, ['run', '--', python, '-c', 'print(input()[::-1])'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd: directory,
  });
  running.child.stdin?.end('hello\n');
  assert.equal((await running.finished).stdout, 'olleh\n');
});

test('a program that writes much to a slow reader meets no full pipe', async (t) => {
  // Node.js makes pipes non-blocking where it uses them itself; the program would fail with EAGAIN.
  const program =
    'import sys\nfor i in range(3000): sys.stdout.write("x" * 100); sys.stderr.write("y" * 100)';
  const running = startHeavyops(t, [
    'run',
    '-q',
    '-o',
    '/dev/null',
    '-f',
    'json',
    '--',
    python,
    '-c',
    program,
  ]);
  running.child.stdout?.pause();
  running.child.stderr?.pause();
  await new Promise((resolve) => setTimeout(resolve, 700));
  running.child.stdout?.resume();
  running.child.stderr?.resume();
  const finished = await running.finished;
  assert.equal(finished.code, 0, finished.stderr.slice(-1000));
  assert.equal(finished.stdout.length, 300_000);
  // On a busy machine it can be over before it is found, which is told behind what it has written.
  assert.ok(finished.stderr.startsWith('y'.repeat(300_000)), finished.stderr.slice(-1000));
});

test('a program that cannot be started is told as a shell tells it, and leaves no file', async (t) => {
  const directory = scratch(t);
  const output = ['-o', join(directory, 'a.svg')];
  const notFound = await heavyops(t, ['run', ...output, '--', 'there-is-no-such-program']);
  assert.equal(notFound.code, 127);
  assert.match(notFound.stderr, /"there-is-no-such-program" was not found/);

  const notExecutable = await heavyops(t, ['run', ...output, '--', join(targets, 'ends.py/')]);
  assert.equal(notExecutable.code, 127, notExecutable.stderr);

  const file = join(mkdtempSync(join(directory, 'd')), 'app');
  await writeFile(file, '#!/there/is/no/such/python\n', { mode: 0o755 });
  const badLine = await heavyops(t, ['run', ...output, '--', file]);
  assert.equal(badLine.code, 126);
  assert.match(badLine.stderr, /the interpreter in its first line does not exist/);

  await writeFile(`${file}.txt`, 'text', { mode: 0o644 });
  const noProgram = await heavyops(t, ['run', ...output, '--', `${file}.txt`]);
  assert.equal(noProgram.code, 126);
  assert.match(noProgram.stderr, /no executable file/);
  assert.equal((await readdir(directory)).length, 1);
});

test('a file that cannot be written is refused before the program is started', async (t) => {
  const finished = await heavyops(t, ['run', '-o', '/no/such/directory/a.svg', '--', 'echo', 'started']);
  assert.equal(finished.code, 18);
  assert.equal(finished.stdout, '');
});

test('a program that could not be sampled leaves no file, and is not held up', async (t) => {
  const directory = scratch(t);
  const finished = await heavyops(t, ['run', '-o', join(directory, 'a.svg'), '--', 'sh', '-c', 'exit 0']);
  assert.equal(finished.code, 0);
  assert.deepEqual(await readdir(directory), []);
});

async function directoryOfPython3(t: TestContext): Promise<string> {
  const directory = scratch(t);
  await writeFile(join(directory, 'python3'), `#!/bin/sh\nexec '${python}' "$@"\n`, { mode: 0o755 });
  assert.ok((await readFile(join(directory, 'python3'))).length > 0);
  return directory;
}
