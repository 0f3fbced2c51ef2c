import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
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
  'CHANGELOG.md',
  ...readdirSync(new URL('docs', root)).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
];

interface Link {
  /** By path from the project's root. */
  readonly file: string;
  readonly heading: string;
}

/** Those that lead to files of the project, or to headings in them. */
function linksOf(document: string, text: string): readonly Link[] {
  return [...text.matchAll(/\]\(([^)#]*)#?([^)]*)\)/g)].flatMap(([, path = '', heading = '']) => {
    if (/^https?:/.test(path)) return [];
    return { file: path === '' ? document : posix.join(posix.dirname(document), path), heading };
  });
}

/** What GitHub makes of the headings of a document: the part of a link behind `#`. */
function headingsOf(text: string): readonly string[] {
  const headings = text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('links of the documents are found, and to headings, too', () => {
  const links = documents.flatMap((name) => linksOf(name, readFileSync(new URL(name, root), 'utf8')));
  assert.ok(links.length > 50);
  assert.ok(links.some(({ file, heading }) => file === 'docs/errors.md' && heading === 'not_python'));
});

for (const document of documents) {
  const text = readFileSync(new URL(document, root), 'utf8');

  test(`the commands in ${document} have only options that exist`, () => {
    const used = commandLines(text).flatMap(optionsUsed);
    assert.deepEqual(
      used.filter((option) => !existing.includes(option)),
      [],
    );
  });

  test(`the links of ${document} lead to files and headings that are there`, () => {
    const dead = linksOf(document, text).filter(({ file, heading }) => {
      const there = new URL(file, root);
      if (!existsSync(there)) return true;
      return heading !== '' && !headingsOf(readFileSync(there, 'utf8')).includes(heading);
    });
    assert.deepEqual(dead, []);
  });
}
