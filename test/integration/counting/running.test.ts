import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Finished, heavyops, startHeavyops, until } from '../../helpers/heavyops.js';
import { type Interpreter, interpreters, label } from '../../helpers/interpreters.js';
import { type Ending, type RunningTarget, startTarget, type TargetOptions } from '../../helpers/target.js';

const program = 'running.py';
const all = interpreters();
const countable = all.filter(({ minor, freeThreaded }) => minor >= 14 && !freeThreaded);

const text = readFileSync(
  fileURLToPath(new URL(`../../../../test/targets/${program}`, import.meta.url)),
  'utf8',
);
const lines = text.split('\n');

/** What the target tells of itself: see test/targets/running.py. */
interface Told {
  /** Rounds in which it saw that it was counted, and all. */
  readonly seen: number;
  readonly rounds: number;
  /** Lines that the other tool has been told of. */
  readonly told: number;
  readonly tools: readonly (string | null)[];
  readonly modules: readonly string[];
  readonly mapped: readonly string[];
  readonly descriptors: readonly string[];
  /** Exit codes of its children: 0 when nothing of the counting was left in them. */
  readonly children: readonly number[];
  /** Instructions that the next tool with the counter's id is told of. */
  readonly again: number | null;
}

interface Row {
  readonly function: string;
  readonly line: number;
  readonly count: number;
}

function start(t: Ending, interpreter: Interpreter, kind: string, options: TargetOptions = {}) {
  return startTarget(t, interpreter, program, { ...options, args: [kind] });
}

async function tell(target: RunningTarget): Promise<Told> {
  const before = target.output.length;
  process.kill(target.pid, 'SIGUSR1');
  const line = () => /^\{.*\}(?=\n)/m.exec(target.output.slice(before))?.[0];
  await until('the target tells of itself', () => line() !== undefined);
  return JSON.parse(line() ?? '') as Told;
}

function count(t: Ending, { pid }: RunningTarget, ...args: readonly string[]): Promise<Finished> {
  return heavyops(t, ['count', '--pid', String(pid), '--yes', '-i', 'all', ...args]);
}

async function counted(
  t: Ending,
  target: RunningTarget,
  ...args: readonly string[]
): Promise<readonly Row[]> {
  const { code, stdout, stderr } = await count(t, target, '--json', '-f', `**/${program}`, ...args);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  return (JSON.parse(stdout) as { readonly locations: readonly Row[] }).locations;
}

/** Executions of each instruction of the line in the function that says `seen += 1`. */
function seenBy(rows: readonly Row[], name: string): readonly number[] {
  const first = lines.findIndex((line) => line.startsWith(`def ${name}(`));
  const line = lines.findIndex((one, index) => index > first && one.trim() === 'seen += 1') + 1;
  return rows.filter((row) => row.line === line && row.function === name).map((row) => row.count);
}

/** The first and the last round may be counted in part. */
function assertExact(rows: readonly Row[], name: string, seen: number): void {
  const executions = seenBy(rows, name);
  assert.ok(executions.length >= 4, `${executions.length} instructions of the line are found`);
  assert.ok(seen > 20, `the target has seen ${seen} rounds`);
  for (const one of executions) assert.ok(Math.abs(one - seen) <= 1, `${one} counted, ${seen} seen`);
}

function assertNothingLeft(before: Told, after: Told, { root }: Interpreter, target: RunningTarget): void {
  assert.deepEqual(after.tools, before.tools);
  assert.deepEqual(after.modules, before.modules);
  assert.deepEqual([after.mapped, after.descriptors], [[], []]);
  assert.ok(!isMapped(target));
  assert.equal(after.again, before.again, 'the next tool is told of each instruction');
  assert.deepEqual(scripts(root), []);
}

function isMapped({ pid }: RunningTarget): boolean {
  return readFileSync(`/proc/${pid}/maps`, 'utf8').includes('memfd:heavyops');
}

function scripts(root: string): readonly string[] {
  return readdirSync(join(root, 'tmp')).filter((name) => /^heavyops-[0-9a-f]{24}$/.test(name));
}

for (const interpreter of countable) {
  const on = `on ${label(interpreter)}`;

  for (const [kind, name, what] of [
    ['busy', 'loop', 'a loop that runs already'],
    ['threads', 'loop', 'threads whose main thread waits for them'],
    ['forks', 'fork_while_counted', 'a program that forks, without its children,'],
    ['tool', 'loop', 'a program that another tool watches'],
  ] as const) {
    test(`${on} ${what} is counted exactly, and nothing is left of it`, async (t) => {
      const target = await start(t, interpreter, kind);
      const before = await tell(target);
      const rows = await counted(t, target, '-d', '500ms');
      const after = await tell(target);
      assertExact(rows, name, after.seen);
      assertNothingLeft(before, after, interpreter, target);
      if (kind === 'forks') assert.deepEqual(after.children, [0, 0, 0]);
      const later = await tell(target);
      assert.equal(later.seen, after.seen, 'it is not counted any more');
      if (kind === 'tool') assert.ok(before.told < after.told && after.told < later.told);
      assert.doesNotMatch(target.output, /Error|Exception|heavyops/);
    });
  }

  test(`${on} threads that contend for the GIL go on through one counting after another`, async (t) => {
    const target = await start(t, interpreter, 'contend');
    const before = await tell(target);
    for (let round = 0; round < 8; round++) {
      const { rounds } = await tell(target);
      await counted(t, target, '-d', '50ms');
      const { rounds: now } = await tell(target);
      assert.ok(now > rounds);
    }
    assertNothingLeft(before, await tell(target), interpreter, target);
  });

  test(`${on} a second counting at the same time is refused, and the first goes on`, async (t) => {
    const target = await start(t, interpreter, 'busy');
    const running = startHeavyops(t, ['count', '--pid', String(target.pid), '--yes', '-i', 'all', '--json']);
    await until('it counts', () => running.output.stderr.includes('until Ctrl-C'));
    const second = await count(t, target, '-d', '1s');
    assert.equal(second.code, 25);
    assert.match(second.stderr, /another tool of sys\.monitoring watches instructions already/);
    process.kill(running.pid, 'SIGINT');
    const { stdout } = await running.finished;
    const { locations } = JSON.parse(stdout) as { readonly locations: readonly Row[] };
    assertExact(locations, 'loop', (await tell(target)).seen);
  });

  test(`${on} the counting ends by itself when heavyops is killed`, async (t) => {
    const target = await start(t, interpreter, 'busy');
    const before = await tell(target);
    const running = startHeavyops(t, ['count', '--pid', String(target.pid), '--yes']);
    await until('it counts', () => running.output.stderr.includes('until Ctrl-C'));
    process.kill(running.pid, 'SIGKILL');
    await running.finished;
    await until(
      'nothing is mapped',
      () => !/memfd:heavyops/.test(readFileSync(`/proc/${target.pid}/maps`, 'utf8')),
    );
    const after = await tell(target);
    assert.ok(after.seen > 0);
    assertNothingLeft(before, after, interpreter, target);
  });

  test(`${on} what was counted is told when the process ends, and on Ctrl-C`, async (t) => {
    for (const end of ['target', 'heavyops'] as const) {
      const target = await start(t, interpreter, 'busy');
      const running = startHeavyops(t, ['count', '--pid', String(target.pid), '--yes', '-i', 'all']);
      await until('it counts', () => running.output.stderr.includes('until Ctrl-C'));
      process.kill(end === 'target' ? target.pid : running.pid, end === 'target' ? 'SIGKILL' : 'SIGINT');
      const { code, stdout, stderr } = await running.finished;
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^[\d,]+ \/ [\d,]+ tracked instructions\n/);
      assert.deepEqual(scripts(interpreter.root), []);
    }
  });

  for (const kind of ['dozes', 'dozes-tool']) {
    test(`${on} a process that only waits at the end takes the counter out when it goes on (${kind})`, async (t) => {
      const target = await start(t, interpreter, kind);
      const before = await tell(target);
      const { code, stdout, stderr } = await count(t, target, '--json', '-f', `**/${program}`, '-d', '1s');
      assert.equal(code, 0, stderr);
      assert.match(stderr, /it has executed nothing since/);
      const { locations } = JSON.parse(stdout) as { readonly locations: readonly Row[] };
      const woken = await tell(target);
      assertExact(locations, 'then_wait', woken.seen);
      await until('nothing is mapped', () => !isMapped(target));
      assertNothingLeft(before, await tell(target), interpreter, target);
    });
  }

  test(`${on} what is asked of a process that only waits is taken back`, async (t) => {
    const target = await start(t, interpreter, 'waits');
    const { code, stderr } = await count(t, target);
    assert.equal(code, 25);
    assert.match(stderr, /no thread .* has run Python in 5 seconds[\s\S]*taken back[\s\S]*heavyops dump/);
    const told = await tell(target); // It runs Python for that.
    assert.deepEqual(told.tools, Array(6).fill(null));
    assert.deepEqual([told.mapped, told.descriptors, scripts(interpreter.root)], [[], [], []]);
    assert.doesNotMatch(target.output, /Error|heavyops/);
  });

  test(`${on} an audit hook that forbids it is named`, async (t) => {
    const target = await start(t, interpreter, 'audited');
    const { code, stderr } = await count(t, target);
    assert.equal(code, 25);
    assert.match(stderr, /audit hook/);
    assert.deepEqual((await tell(target)).tools, Array(6).fill(null));
    assert.deepEqual(scripts(interpreter.root), []);
  });

  test(`${on} a process whose remote debugging is off is refused`, async (t) => {
    for (const options of [
      { pythonArgs: ['-X', 'disable-remote-debug'] },
      { env: { PYTHON_DISABLE_REMOTE_DEBUG: '1' } },
    ]) {
      const target = await start(t, interpreter, 'busy', options);
      const { code, stderr } = await count(t, target);
      assert.equal(code, 25);
      assert.match(stderr, /remote debugging is off[\s\S]*heavyops attach/);
    }
  });

  test(`${on} nothing is done without leave, nor where files may not be so large`, async (t) => {
    const target = await start(t, interpreter, 'busy');
    const unasked = await heavyops(t, ['count', '--pid', String(target.pid)]);
    assert.equal(unasked.code, 2);
    assert.match(unasked.stderr, /runs code of heavyops inside process[\s\S]*--yes/);
    execFileSync('prlimit', ['--pid', String(target.pid), '--fsize=1048576:']);
    const limited = await count(t, target);
    assert.equal(limited.code, 25);
    assert.match(limited.stderr, /may not have files of more than 1048576 bytes[\s\S]*prlimit/);
    assert.equal((await tell(target)).seen, 0);
  });
}

test('an older version, or one without the GIL, is refused with what is possible', async (t) => {
  const others = all.filter(({ minor, freeThreaded }) => minor < 14 || freeThreaded);
  const oldest = others[0];
  const free = others.find(({ freeThreaded }) => freeThreaded);
  for (const interpreter of [oldest, others.findLast(({ freeThreaded }) => !freeThreaded), free]) {
    if (interpreter === undefined) continue;
    const target = await start(t, interpreter, 'waits');
    const { code, stderr } = await count(t, target);
    assert.equal(code, 12);
    assert.match(
      stderr,
      /(only 3\.14 and later let a tool in|threads would count at once)[\s\S]*heavyops attach[\s\S]*heavyops count app\.py/,
    );
  }
});

test('there are interpreters to count on', () => assert.ok(countable.length > 0));
