import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { addOptions } from '../../src/cli/commander-options.js';
import { attachOptions, viewOf } from '../../src/cli/options.js';
import { checkRecording, type RecordingValues } from '../../src/cli/recording.js';
import { HeavyopsError } from '../../src/errors.js';

const isUsage = (error: unknown) => error instanceof HeavyopsError && error.code === 'USAGE';

function parsed(...args: string[]): RecordingValues & { pid?: string } {
  const command = new Command().exitOverride().configureOutput({ outputError: () => {} });
  addOptions(command, attachOptions);
  return command.parse(args, { from: 'user' }).opts();
}

test('without options a thousand ticks a second are sampled and twenty rows shown', () => {
  assert.deepEqual(parsed(), {
    rate: 1000,
    reader: 'auto',
    processor: 'auto',
    instructions: [],
    output: [],
    n: 20,
  });
});

test('a value follows after a space, at once, or after an equals sign', () => {
  for (const args of [['-d', '5'], ['-d5'], ['-d=5'], ['--duration', '5'], ['--duration=5']]) {
    assert.equal(parsed(...args).duration, 5000, args.join(' '));
  }
  assert.deepEqual(parsed('-o=a.svg', '--output=b.svg').output, ['a.svg', 'b.svg']);
  assert.equal(parsed('-p=12').pid, '12');
});

test('what may be repeated is gathered in order', () => {
  const { output, instructions } = parsed(
    '-o',
    'a.svg',
    '-o',
    'b.json',
    '--instructions',
    'CALL',
    '--instructions',
    'NOP',
  );
  assert.deepEqual(output, ['a.svg', 'b.json']);
  assert.deepEqual(instructions, ['CALL', 'NOP']);
});

test('a list starts anew with each command line', () => {
  assert.deepEqual(parsed('-o', 'a.svg').output, ['a.svg']);
  assert.deepEqual(parsed('-o', 'b.svg').output, ['b.svg']);
});

test('both names of standard output mean the same', () => {
  assert.deepEqual(parsed('-o', '/dev/stdout').output, ['-']);
});

test('wrong values are refused while the command line is read', () => {
  for (const args of [
    ['-r', 'fast'],
    ['-d', '0'],
    ['-n', 'all'],
    ['-d', '-5'],
  ]) {
    assert.throws(() => parsed(...args), isUsage, args.join(' '));
  }
});

test('the options of a view become one', () => {
  const values = parsed(
    '-i',
    '-g',
    '--file',
    '*/app/*',
    '-F',
    '--nolineno',
    '--opcodes',
    '-t',
    '--instructions',
    'CALL',
  );
  assert.deepEqual(viewOf(values), {
    filter: { idle: true, gil: true, instructions: ['CALL'], file: '*/app/*' },
    granularity: 'function',
    lineNumbers: false,
    opcodes: true,
    threads: true,
  });
});

test('a mode is the same as the option of its name, and none beside another one', () => {
  const filter = (...args: string[]) => viewOf(parsed(...args)).filter;
  assert.deepEqual(filter('--mode', 'wall'), filter('-i'));
  assert.deepEqual(filter('--mode', 'gil'), filter('-g'));
  assert.deepEqual(filter('--mode', 'cpu'), filter());
  assert.deepEqual(filter('--mode', 'wall', '-i'), filter('-i'));
  for (const args of [
    ['--mode', 'cpu', '-i'],
    ['--mode', 'wall', '-g'],
    ['--mode', 'gil', '-i'],
  ]) {
    assert.throws(() => checkRecording(parsed(...args)), isUsage, args.join(' '));
  }
  assert.throws(() => parsed('--mode', 'all'), isUsage);
});

test('options that leave nothing to show are refused', () => {
  assert.throws(() => checkRecording(parsed('-q')), isUsage);
  assert.doesNotThrow(() => checkRecording(parsed('-q', '-o', 'a.svg')));
  assert.doesNotThrow(() => checkRecording(parsed('-q', '--json')));
});

test('readers and options that contradict each other are refused', () => {
  for (const args of [
    ['--reader', 'kernel', '--blocking'],
    ['--reader', 'memory', '-b'],
    ['--reader', 'kernel', '--processor', 'other'],
    ['--reader', 'kernel', '-r', '200khz'],
  ]) {
    assert.throws(() => checkRecording(parsed(...args)), isUsage, args.join(' '));
  }
  for (const args of [
    ['--reader', 'stopped', '--blocking'],
    ['--reader', 'stopped', '--processor', 'other'],
    ['--reader', 'kernel', '-r', '100khz'],
    ['--processor', 'other', '-r', '200khz'],
  ]) {
    assert.doesNotThrow(() => checkRecording(parsed(...args)), args.join(' '));
  }
});

test('two things cannot both have standard output', () => {
  assert.throws(() => checkRecording(parsed('--json', '-o', '-')), isUsage);
  assert.doesNotThrow(() => checkRecording(parsed('--json', '-o', '-'), 2));
});

test('waits are for the kernel reader, and a length of theirs only where they are asked for', () => {
  for (const args of [
    ['--wait-threshold', '5ms'],
    ['--off-cpu', '--reader', 'memory'],
    ['--off-cpu', '--reader', 'stopped'],
    ['--off-cpu', '--blocking'],
    ['--off-cpu', '--processor', 'other'],
    ['--off-cpu', '-r', '200khz'],
  ]) {
    assert.throws(() => checkRecording(parsed(...args)), isUsage, args.join(' '));
  }
  for (const args of [[], ['--reader', 'kernel'], ['--wait-threshold', '100us'], ['-r', '100khz']]) {
    assert.doesNotThrow(() => checkRecording(parsed('--off-cpu', ...args)), args.join(' '));
  }
});
