import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { exitCodes } from '../src/errors.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What each part of src may import besides itself; docs/architecture.md says why. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  version: [],
  lib: [],
  native: [],
  python: [],
  profile: ['python'],
  target: ['native', 'python'],
  session: ['target', 'native', 'python', 'profile'],
  count: ['native', 'python', 'profile', 'target', 'session'],
  export: ['advice', 'profile', 'python'],
  load: ['profile', 'python'],
  advice: ['profile'],
  terminal: ['advice', 'profile'],
  view: ['export', 'profile'],
  index: [
    'advice',
    'errors',
    'native',
    'python',
    'profile',
    'target',
    'session',
    'export',
    'load',
    'terminal',
  ],
  cli: [
    'index',
    'count',
    'native',
    'python',
    'profile',
    'target',
    'session',
    'export',
    'load',
    'terminal',
    'view',
    'advice',
  ],
};

const openToAll = ['errors', 'lib', 'version'];
const mostLines = 400;

interface Import {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Files below a directory of the project, by path from its root. */
function files(directory: string, pattern: RegExp): readonly string[] {
  return readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
    .filter((path) => pattern.test(path))
    .map((path) => posix.join(directory, path));
}

function textOf(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** The part of src that a file belongs to: its first folder, or its own name. */
function partOf(file: string): string {
  return posix.relative('src', file).replace(/(\/.*|\.[jt]s)$/, '');
}

function importsOf(file: string): readonly Import[] {
  const specifiers = textOf(file).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g);
  return [...specifiers].map(([, specifier = '']) => ({
    file,
    from: partOf(file),
    to: partOf(posix.join(posix.dirname(file), specifier)),
  }));
}

const imports = files('src', /\.ts$/).flatMap(importsOf);

test('every part of the sources is one that the rule of imports knows', () => {
  const parts = new Set(files('src', /\.ts$/).map(partOf));
  assert.deepEqual([...parts].filter((part) => !(part in mayImport)).sort(), []);
});

test('the sources import only in the direction that the design allows', () => {
  assert.ok(imports.length > 50, 'the imports are found');
  const wrong = imports.filter(
    ({ from, to }) => from !== to && !openToAll.includes(to) && !mayImport[from]?.includes(to),
  );
  assert.deepEqual(
    wrong.map(({ file, to }) => `${file} imports ${to}`),
    [],
  );
});

test('only the boundary of the addon knows Node', () => {
  const knowing = files('native', /\.(cc|h)$/).filter((file) =>
    /#include\s*[<"](napi|node_api|node)\.h/.test(textOf(file)),
  );
  const boundary = ['native/addon.cc', 'native/binding.cc', 'native/binding.h'];
  assert.ok(knowing.length > 0, 'the boundary is found');
  assert.deepEqual(
    knowing.filter((file) => !boundary.includes(file)),
    [],
  );
});

test(`no file is longer than ${mostLines} lines`, () => {
  const sources = ['src', 'native', 'scripts', 'test'].flatMap((directory) =>
    files(directory, /\.(ts|mjs|cc|h|c|py)$/),
  );
  const long = sources.filter((file) => textOf(file).split('\n').length - 1 > mostLines);
  assert.deepEqual(long, []);
});

const errorDocument = 'docs/errors.md';
const skip = existsSync(join(root, errorDocument)) ? false : `${errorDocument} is not written yet`;

test('every error and its exit code are described', { skip }, () => {
  const lines = textOf(errorDocument).split('\n');
  const missing = Object.entries(exitCodes).filter(
    ([code, exit]) =>
      !lines.some((line) => line.includes(`\`${code}\``) && new RegExp(`\\b${exit}\\b`).test(line)),
  );
  assert.deepEqual(missing, []);
});
