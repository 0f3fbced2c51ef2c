import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommanderError } from 'commander';
import { commandLine } from '../../src/cli/command-line.js';
import { attachCommand, dumpCommand, type QuickCommand } from '../../src/cli/quick-commands.js';
import { parseQuickly } from '../../src/cli/quick-parse.js';
import { HeavyopsError } from '../../src/errors.js';
import { randomFrom } from '../helpers/random.js';

/** The two parsers are held to each other here: what one says quickly, commander says as well. */
const commands: readonly QuickCommand[] = [attachCommand, dumpCommand];

/** What commander makes of it; nothing where it refuses or shows help. */
async function byCommander({ names: [name] }: QuickCommand, words: readonly string[]) {
  const { program } = commandLine(() => {});
  let taken: { argument: unknown; values: unknown } | undefined;
  program.commands
    .find((command) => command.name() === name)
    ?.action((argument: unknown, values: object) => {
      taken = { argument, values: { ...values } };
    });
  try {
    await program.configureOutput({ writeOut: () => {} }).parseAsync([name, ...words], { from: 'user' });
  } catch (error) {
    assert.ok(error instanceof CommanderError || error instanceof HeavyopsError, String(error));
  }
  return taken;
}

/** A right value for each option that takes one. */
const valueFor: Readonly<Record<string, string>> = {
  '--pid': '77',
  '--rate': '2khz',
  '--reader': 'memory',
  '--processor': 'other',
  '--wait-threshold': '200us',
  '--mode': 'wall',
  '--duration': '1.5m',
  '--file': '*/app/*',
  '--instructions': 'CALL',
  '--output': '/dev/stdout',
  '--format': 'json',
  '-n': '7',
};

function spellings({ options }: QuickCommand): readonly (readonly string[])[] {
  return options.flatMap(({ flags, parse }) => {
    const names = flags.split(/[ ,]+/).filter((part) => part.startsWith('-'));
    if (parse === undefined) return names.map((name) => [name]);
    const value = valueFor[names.at(-1) ?? ''];
    assert.ok(value !== undefined, `a value for ${flags} is to be added to this test`);
    return names.map((name) => [name, value]);
  });
}

for (const command of commands) {
  const [name] = command.names;

  test(`every option of ${name}, by each of its names, is parsed quickly to what commander makes of it`, async () => {
    assert.ok(spellings(command).length > 3);
    for (const words of [[], ['1234'], ...spellings(command)]) {
      for (const line of [words, ['12', ...words], [...words, '12'], [...words, ...words]]) {
        const quick = parseQuickly(line, command.options);
        const slow = await byCommander(command, line);
        if (line.filter((word) => /^1\d*$/.test(word)).length > 1) {
          assert.equal(quick, undefined, `${line}: one argument only`);
        } else {
          assert.ok(quick !== undefined, line.join(' '));
          assert.deepEqual(quick, slow, line.join(' '));
        }
      }
    }
  });

  test(`whatever stands in a command line of ${name}, what is parsed quickly is what commander makes of it`, async () => {
    const seed = Number(process.env.HEAVYOPS_SEED ?? 20_261_121);
    const odd = [
      '-',
      '--',
      '=',
      '',
      '-=',
      '=5',
      '-5',
      '--help',
      '-h',
      '-V',
      '--rat',
      '-r=5',
      '-d5',
      '--duration=3',
    ];
    const vocabulary = [
      ...spellings(command),
      ...odd.map((word) => [word]),
      ['12'],
      ['1khz'],
      ['a b'],
      ['-iq'],
    ];
    const random = randomFrom(seed);
    const pick = () => vocabulary[Math.floor(random() * vocabulary.length)] ?? [];
    let quickly = 0;
    for (let round = 0; round < 1500; round++) {
      const line = Array.from({ length: Math.floor(random() * 5) }, pick).flat();
      // Words get lost now and then, so that an option stands where a value should.
      const words = line.filter(() => random() > 0.1);
      const quick = parseQuickly(words, command.options);
      if (quick === undefined) continue;
      quickly++;
      assert.deepEqual(quick, await byCommander(command, words), `seed ${seed}: ${JSON.stringify(words)}`);
    }
    assert.ok(quickly > 150, `${quickly} command lines were plain`);
  });
}

test('what has another form, or is wrong, is left to commander', () => {
  const { options } = attachCommand;
  for (const words of [
    ['-d5'],
    ['-d=5'],
    ['--duration=5'],
    ['-iq'],
    ['--help'],
    ['-r', 'fast'],
    ['-d'],
    ['1', '2'],
  ]) {
    assert.equal(parseQuickly(words, options), undefined, words.join(' '));
  }
});
