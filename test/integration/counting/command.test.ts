import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Ground, groundFor } from '../../helpers/counted.js';
import { type Finished, heavyops, startCommand } from '../../helpers/heavyops.js';
import { type Interpreter, interpreters, label } from '../../helpers/interpreters.js';
import type { Ending } from '../../helpers/target.js';

const countable = interpreters().filter(({ minor, freeThreaded }) => minor >= 7 && !freeThreaded);
const plainRoot = interpreters().filter(({ root, freeThreaded }) => root === '/' && !freeThreaded);

function newest(): Interpreter {
  const found = plainRoot.at(-1);
  assert.ok(found, 'an interpreter of this root');
  return found;
}

const env = { ...process.env, PYTHONHASHSEED: '0', PYTHONDONTWRITEBYTECODE: '1' };

function count(t: Ending, { folder, python }: Ground, ...args: readonly string[]): Promise<Finished> {
  return heavyops(t, ['count', '--python', python, ...args], { cwd: folder, env });
}

function withoutAddresses(text: string): string {
  return text.replaceAll(/0x[0-9a-f]+/g, '0x');
}

/** The same program without us. */
function alone(t: Ending, { folder, python }: Ground, ...args: readonly string[]): Promise<Finished> {
  return startCommand(t, [python, ...args], { cwd: folder, env }).finished;
}

for (const interpreter of countable) {
  test(`on ${label(interpreter)} a program finds everything as it would without being counted`, async (t) => {
    const ground = groundFor(t, interpreter);
    const program = join(ground.folder, 'surroundings.py');
    for (const args of [
      [program],
      ['./surroundings.py', 'fails'],
      [program, 'descriptors'],
      ['-m', 'surroundings'],
    ]) {
      if (args[0]?.startsWith('./') && interpreter.root !== '/') continue; // The working directory is another there.
      if (args[0] === '-m' && interpreter.root !== '/') continue;
      const [ours, theirs] = [
        await count(t, ground, '-q', '-o', '/dev/null', '--format', 'json', ...args),
        await alone(t, ground, ...args),
      ];
      assert.equal(withoutAddresses(ours.stdout), withoutAddresses(theirs.stdout));
      assert.equal(ours.stderr, theirs.stderr);
      assert.deepEqual([ours.code, ours.signal], [theirs.code, theirs.signal]);
    }
  });
}

test('the report has the form that is documented', async (t) => {
  const { code, stdout, stderr } = await count(
    t,
    groundFor(t, newest()),
    '-f',
    'closures.py',
    '-i',
    'LOAD_DEREF',
    '-n',
    '2',
    'closures.py',
  );
  assert.equal(code, 0, stderr);
  const lines = stdout.split('\n').slice(1);
  assert.match(lines[0] ?? '', /^[\d,]+ \/ [\d,]+ tracked instructions$/);
  assert.deepEqual(lines.slice(1, 4), ['', 'COUNT    | INSTRUCTION', '-'.repeat(50)]);
  assert.match(lines[4] ?? '', /^ {2,}[\d,]+ \| LOAD_DEREF$/);
  assert.deepEqual(lines.slice(5, 8), ['', 'COUNT    | LOCATION', '-'.repeat(50)]);
  assert.match(lines[8] ?? '', /^ {2,}[\d,]+ \| closures\.py:\d+ \w+ LOAD_DEREF$/);
  assert.match(lines[10] ?? '', /^… and \d+ more rows \(\d+ executions\)$/);
});

test('two instructions on one line are two rows, with what they add up to', async (t) => {
  const ground = groundFor(t, newest());
  const { stdout } = await count(t, ground, '--json', '-f', 'recursion.py', '-i', 'all', 'recursion.py');
  const { tracked, total, instructions, locations } = JSON.parse(
    stdout.trimEnd().split('\n').at(-1) ?? '',
  ) as {
    readonly tracked: number;
    readonly total: number;
    readonly instructions: readonly { readonly instruction: string; readonly count: number }[];
    readonly locations: readonly { readonly line: number; readonly offset: number; readonly count: number }[];
  };
  const sum = (rows: readonly { readonly count: number }[]) =>
    rows.reduce((whole, row) => whole + row.count, 0);
  assert.equal(sum(instructions), tracked);
  assert.equal(sum(locations), tracked);
  assert.ok(total > tracked, 'code of other files is executed, too');
  const perLine = locations.filter(({ line }) => line === 6);
  assert.equal(new Set(perLine.map(({ offset }) => offset)).size, perLine.length);
});

test('a script without a command is counted, and keeps its exit code', async (t) => {
  const { folder, python } = groundFor(t, newest());
  const short = await heavyops(t, ['--python', python, 'exits.py'], { cwd: folder, env });
  assert.equal(short.code, 7);
  assert.match(short.stdout, /^last 45\n[\d,]+ \/ [\d,]+ tracked instructions/);
});

test('what follows a module is its own', async (t) => {
  const { code, stdout } = await count(t, groundFor(t, newest()), '-m', 'package', '--json', '-n');
  assert.equal(code, 0);
  assert.match(stdout, /\['--json', '-n'\]/);
  assert.match(stdout, /tracked instructions/);
});

test('a program that is killed is reported as it was until then', async (t) => {
  const { code, stdout } = await count(t, groundFor(t, newest()), '-i', 'all', 'killed.py');
  assert.equal(code, 143);
  assert.match(stdout, /before\n[\d,]{5,} \/ /);
});

test('a saved count is shown again, with other instructions, and becomes other formats', async (t) => {
  const ground = groundFor(t, newest());
  const { folder } = ground;
  await count(t, ground, '-q', '-o', 'a.json', 'closures.py');
  const again = await heavyops(t, ['report', 'a.json', '--instructions', 'MAKE_FUNCTION'], { cwd: folder });
  assert.match(again.stdout, /tracked instructions[\s\S]* \| MAKE_FUNCTION\n/);
  assert.doesNotMatch(again.stdout, /LOAD_DEREF/);
  const args = [
    'convert',
    'a.json',
    '-o',
    'a.svg',
    '-o',
    'a.speedscope.json',
    '-o',
    'a.collapsed',
    '--opcodes',
  ];
  assert.equal((await heavyops(t, args, { cwd: folder })).code, 0);
});

test('counts and samples of one program are shown side by side', async (t) => {
  const ground = groundFor(t, newest());
  const { folder, python } = ground;
  const program = join(folder, 'busy.py');
  writeFileSync(program, 'total = 0\nfor i in range(3_000_000):\n    total += i\n');
  const sampled = await heavyops(t, ['run', '-q', '-o', 'samples.json', '--', python, program], {
    cwd: folder,
    env,
  });
  assert.equal(sampled.code, 0, sampled.stderr);
  const args = ['-i', 'all', '--compare-samples', 'samples.json', '-f', 'busy.py'];
  const { stdout } = await count(t, ground, '--json', ...args, program);
  const { comparison } = JSON.parse(stdout) as {
    readonly comparison: readonly {
      readonly count: number;
      readonly samples: number;
      readonly perMillion: number;
    }[];
  };
  assert.ok(comparison.some(({ samples, count: executions }) => samples > 0 && executions >= 3_000_000));
  for (const { count: executions, samples, perMillion } of comparison)
    assert.equal(perMillion, (samples * 1e6) / executions);
  assert.match(
    (await count(t, ground, ...args, program)).stdout,
    /Dear: [\s\S]*COUNT {2}SAMPLES[\s\S]*Frequent: /,
  );
  await count(t, ground, '-q', '-o', 'counts.json', program);
  const refused = await count(t, ground, '--compare-samples', 'counts.json', program);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /has counts, too/);
});

test('an instruction of another version is refused, and what stands for it named', async (t) => {
  const ground = groundFor(t, newest());
  const refusal = async (name: string) => {
    const { code, stderr } = await count(t, ground, '-i', name, 'closures.py');
    assert.equal(code, 2);
    return stderr;
  };
  assert.match(await refusal('BINARY_ADD'), /has no BINARY_ADD\n.*BINARY_OP/);
  assert.match(await refusal('BINARY_OP_ADD_INT'), /while it runs\n.*-i BINARY_OP/);
  assert.match(await refusal('LOAD_DREF'), /Did you mean LOAD_DEREF/);
});

test('what cannot be counted is refused before anything is started', async (t) => {
  const ground = groundFor(t, newest());
  const refusal = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await heavyops(t, ['count', ...args], { cwd: ground.folder, env });
    assert.equal(stdout, '');
    return `${code} ${stderr}`;
  };
  assert.match(await refusal('--python', '/no/such/python', 'closures.py'), /^127 .*no interpreter/);
  assert.match(await refusal('--python', '/bin/false', 'closures.py'), /^11 .*no Python/);
  assert.match(await refusal('--python', ground.python, 'missing.py'), /^127 .*no file/);
  assert.match(await refusal('--python', ground.python), /^2 .*no program/);
  assert.match(await refusal('--pid', 'x'), /^2 /);
  assert.match(await refusal('--pid', '1234', 'closures.py'), /^2 .*both a process and a program/);
  assert.match(await refusal('-d', '5', 'closures.py'), /^2 .*runs already\n.*--pid/);
  for (const { minor, command, freeThreaded } of interpreters()) {
    if (minor !== 6 && !freeThreaded) continue;
    assert.match(await refusal('--python', command[0] ?? '', 'closures.py'), /^12 .*cannot be counted/);
  }
});

const free = interpreters().find(({ freeThreaded }) => freeThreaded);
test('a free-threaded build is counted with its GIL', { skip: free ? false : 'there is none' }, async (t) => {
  assert.ok(free);
  const { folder, python } = groundFor(t, free);
  const options = { cwd: folder, env: { ...env, PYTHON_GIL: '1' } };
  const { code, stdout } = await heavyops(t, ['count', '--python', python, 'threads.py'], options);
  assert.equal(code, 0);
  assert.match(stdout, /tracked instructions/);
});
