import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { test } from 'node:test';
import type { Command } from 'commander';
import { commandLine } from '../src/cli/command-line.js';

const root = new URL('../../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');
const { program } = commandLine(() => {});

/** An option of a command, as in "attach --rate"; the programme's own are those of the command "heavyops". */
function optionsOf(command: Command): readonly string[] {
  const options = command.createHelp().visibleOptions(command);
  return options.flatMap(({ short, long }) =>
    [short, long].flatMap((flag) => (flag === undefined ? [] : [`${command.name()} ${flag}`])),
  );
}

const existing = [program, ...program.commands].flatMap(optionsOf);

/** Rows of the table of options: its flags, each with its commands. */
function optionsInTable(): readonly string[] {
  const [, table = ''] = /^### Options\n([\s\S]*?)^#/m.exec(readme) ?? [];
  const rows = table.split('\n').filter((line) => line.startsWith('| `-'));
  return rows.flatMap((row) => {
    const [, flags = '', , commands = ''] = row.split('|');
    return [...flags.matchAll(/`(-[^`]+)`/g)].flatMap(([, flag]) =>
      commands.split(',').map((command) => `${command.trim()} ${flag}`),
    );
  });
}

/** Command lines of heavyops in examples and in the text, as lists of words; commands inside them are left out. */
function commandLines(text: string): readonly (readonly string[])[] {
  const withoutNested = text.replaceAll(/\$\([^)]*\)/g, '1234');
  return [
    ...withoutNested.matchAll(
      /heavyops ((?:attach|record|run|dump|count|report|dis|advise|view|convert)\b[^`|#;\n]*)/g,
    ),
  ].map(([, words = '']) => words.trim().split(/\s+/));
}

function optionsUsed([name = '', ...words]: readonly string[]): readonly string[] {
  // What follows a counted program is its own.
  const counted =
    name === 'count' ? words.findIndex((word, at) => words[at - 1] === '-m' || /\.py$/.test(word)) : -1;
  const end = counted >= 0 ? counted : words.indexOf('--');
  const own = end < 0 ? words : words.slice(0, end);
  const command = name === 'record' ? 'attach' : name;
  return own
    .filter((word) => /^-{1,2}[a-zA-Z]/.test(word))
    .map((word) => `${command} ${/^-{1,2}[\w-]+/.exec(word)?.[0]}`);
}

test('the README describes every option of every command', () => {
  assert.ok(existing.includes('attach --rate'), 'the options are found');
  const described = optionsInTable();
  assert.deepEqual(
    existing.filter((option) => !described.includes(option)),
    [],
  );
});

test('the README describes no option that does not exist', () => {
  assert.deepEqual(
    optionsInTable().filter((option) => !existing.includes(option)),
    [],
  );
});

test('the README describes every command', () => {
  const names = program.commands.flatMap((command) => [command.name(), ...command.aliases()]);
  assert.ok(names.includes('attach'), 'the commands are found');
  const [, section = ''] = /^## Commands\n([\s\S]*?)^###/m.exec(readme) ?? [];
  assert.deepEqual(
    names.filter((name) => !new RegExp(`\`(heavyops )?${name}\\b`).test(section)),
    [],
  );
});

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'docs/adding-a-python.md',
  'docs/architecture.md',
  'docs/counting.md',
  'docs/html-report.md',
  'docs/advice.md',
  'docs/off-cpu.md',
  'docs/privileges.md',
];

for (const document of documents) {
  const text = readFileSync(new URL(document, root), 'utf8');

  test(`the commands in ${document} have only options that exist`, () => {
    const used = commandLines(text).flatMap(optionsUsed);
    assert.deepEqual(
      used.filter((option) => !existing.includes(option)),
      [],
    );
  });

  test(`the links of ${document} lead to files that are there`, () => {
    const links = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link = '']) => link);
    const local = links.filter((link) => !/^https?:/.test(link));
    assert.ok(local.length > 0, 'links are found');
    const missing = local.filter(
      (link) => !existsSync(new URL(posix.join(posix.dirname(document), link), root)),
    );
    assert.deepEqual(missing, []);
  });
}
