import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { json } from '../../src/export/json.js';
import { loadProfile } from '../../src/load/json.js';
import { defaultView } from '../../src/profile/view.js';
import { heavyops, startCommand, startHeavyops } from '../helpers/heavyops.js';
import { type Interpreter, interpreters } from '../helpers/interpreters.js';
import { smallProfile, wideProfile } from '../helpers/profiles.js';
import { startTarget } from '../helpers/target.js';
import { scratch } from '../target/processes.js';

async function saved(t: TestContext): Promise<string> {
  const file = join(scratch(t), 'saved.json');
  await writeFile(file, [...json.write(smallProfile(), defaultView)].join(''));
  return file;
}

test('a saved recording prints the same tables as the recording did', async (t) => {
  const file = join(scratch(t), 'recorded.json');
  const interpreter = interpreters().findLast(({ root }) => root === '/') as Interpreter;
  const { pid } = await startTarget(t, interpreter, 'slow_app.py');
  const recorded = await heavyops(t, ['attach', String(pid), '-d', '0.5', '-o', file]);
  assert.equal(recorded.code, 0, recorded.stderr);
  const reported = await heavyops(t, ['report', file]);
  assert.equal(reported.code, 0, reported.stderr);
  assert.equal(reported.stdout, recorded.stdout);
});

test('a saved profile is written in every other format, and back in its own without loss', async (t) => {
  const file = await saved(t);
  const directory = join(file, '..');
  const names = ['a.speedscope.json', 'b.svg', 'c.collapsed', 'd.json', 'e.html'];
  const finished = await heavyops(t, [
    'convert',
    file,
    ...names.flatMap((name) => ['-o', join(directory, name)]),
  ]);
  assert.deepEqual(finished, { code: 0, signal: null, stdout: '', stderr: '' });
  assert.deepEqual((await readdir(directory)).sort(), [...names, 'saved.json']);
  assert.deepEqual(loadProfile(join(directory, 'd.json')), loadProfile(file));
});

test('a saved profile goes to standard output', async (t) => {
  const finished = await heavyops(t, ['convert', await saved(t), '-f', 'collapsed', '-o', '-', '-F']);
  assert.equal(finished.code, 0, finished.stderr);
  for (const line of finished.stdout.trimEnd().split('\n')) assert.match(line, /^<module> .* \d+$/);
});

test('a saved profile can be replaced by another view of itself', async (t) => {
  const file = await saved(t);
  const finished = await heavyops(t, ['convert', file, '-o', file, '-f', 'collapsed']);
  assert.equal(finished.code, 0, finished.stderr);
  assert.match(await readFile(file, 'utf8'), /^<module> /);
});

test('without a file to write it is told how to name one', async (t) => {
  const finished = await heavyops(t, ['convert', await saved(t)]);
  assert.equal(finished.code, 2);
  assert.match(finished.stderr, /no file to write was named/);
});

test('when one file cannot be written in the end, the others are', async (t) => {
  const file = await saved(t);
  const other = join(file, '..', 'other.collapsed');
  const finished = await heavyops(t, ['convert', file, '-o', '/dev/full', '-o', other, '-f', 'raw']);
  assert.equal(finished.code, 18);
  assert.match(await readFile(other, 'utf8'), /^<module> /);
});

test('files that are no profiles are refused, each with its reason', async (t) => {
  const directory = scratch(t);
  const file = join(directory, 'broken.json');
  const missing = await heavyops(t, ['report', file]);
  assert.equal(missing.code, 20);

  await writeFile(file, '{"format":"heavyops"');
  const broken = await heavyops(t, ['convert', file, '-o', join(directory, 'a.svg')]);
  assert.equal(broken.code, 21);
  assert.match(broken.stderr, /broken\.json is not a heavyops profile/);
  assert.deepEqual(await readdir(directory), ['broken.json']);
});

test('Ctrl-C leaves no half of a file', async (t) => {
  const directory = scratch(t);
  const file = join(directory, 'wide.json');
  const pipe = join(directory, 'pipe.svg');
  await writeFile(file, [...json.write(wideProfile(2000), defaultView)].join(''));
  execFileSync('mkfifo', [pipe]);
  const running = startHeavyops(t, ['convert', file, '-o', pipe, '-o', join(directory, 'next.svg')]);
  const reader = await open(pipe, 'r');
  t.after(() => reader.close());
  await reader.read(Buffer.alloc(1), 0, 1);
  running.child.kill('SIGINT');
  assert.equal((await running.finished).signal, 'SIGINT');
  assert.deepEqual((await readdir(directory)).sort(), ['pipe.svg', 'wide.json']);
});

const main = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

test('a file that is mounted by itself, as into a container, is written into', {
  skip: process.getuid?.() === 0 ? false : 'only root can mount',
}, async (t) => {
  const file = await saved(t);
  const mounted = join(file, '..', 'mounted.collapsed');
  await writeFile(mounted, 'what was there before, and is longer than what comes: '.repeat(100));
  const steps = 'mount --bind "$1" "$1" && "$2" "$3" convert "$4" -o "$1" && cat "$1"';
  const command = ['unshare', '--mount', 'sh', '-c', steps, 'sh', mounted, process.execPath, main, file];
  const finished = await startCommand(t, command).finished;
  assert.equal(finished.code, 0, finished.stderr);
  assert.match(finished.stdout, /^<module> [^\0]* \d+\n$/);
  assert.deepEqual((await readdir(join(file, '..'))).sort(), ['mounted.collapsed', 'saved.json']);
});
