import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const sources = fileURLToPath(new URL('../../../src/', import.meta.url));

const programme = fileURLToPath(new URL('../../cli/', import.meta.url));

/** All that is loaded with a file before its first line runs: our own files, by path in src, and the rest. */
function loadedWith(file: string, seen: Set<string> = new Set()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(posix.join(sources, file), 'utf8');
  for (const [, what = '', specifier = ''] of text.matchAll(
    /^(?:import|export) ([^;]*? from )?'([^']+)';$/gm,
  )) {
    if (what.startsWith('type ') || isOnlyTypes(what)) continue;
    if (!specifier.startsWith('.')) seen.add(specifier);
    else loadedWith(posix.join(posix.dirname(file), specifier.replace(/\.js$/, '.ts')), seen);
  }
  return seen;
}

/** `{ type A, type B } from`: nothing is left of it in JavaScript. */
function isOnlyTypes(what: string): boolean {
  const [, names] = /^\{([^}]*)\}/.exec(what) ?? [];
  const each = names?.split(',').filter((name) => name.trim() !== '') ?? [];
  return each.length > 0 && each.every((name) => name.trim().startsWith('type '));
}

const quick = [
  ...loadedWith('cli/main.ts'),
  ...loadedWith('cli/commands/attach.ts'),
  ...loadedWith('cli/commands/dump.ts'),
];

test('the imports of a file are found, and those of types left out', () => {
  assert.ok(quick.includes('session/dump.ts') && quick.includes('python/opcodes.ts'));
  assert.ok(loadedWith('cli/command-line.ts').has('commander'));
  assert.ok(!loadedWith('cli/main.ts').has('cli/recording.ts'), 'quick-commands.ts imports a type from it');
});

test('heavyops attach and dump load no module of others, and of Node.js only what is there or loads quickly', () => {
  const others = new Set(quick.filter((name) => !name.endsWith('.ts')));
  assert.deepEqual([...others].sort(), ['node:path', 'node:url']);
});

test('nothing that exports, loads profiles or makes them is loaded before the first sample', () => {
  const late = /^(export|load|profile|terminal\/(summary|tables))\b|^session\/recording|target\/objects\//;
  assert.deepEqual(
    [...loadedWith('cli/commands/attach.ts')].filter((file) => late.test(file)),
    [],
  );
});

test('what writes values of Python is loaded only for dump --locals', () => {
  const late = /dump-locals|objects\/(frame-locals|repr|date-time|python-literals)/;
  assert.deepEqual(
    [...loadedWith('cli/commands/dump.ts')].filter((file) => late.test(file)),
    [],
  );
});

/** What a file of the programme imports of the others, before its first line runs and later. */
function importsOf(file: string): readonly string[] {
  const text = readFileSync(posix.join(programme, file), 'utf8');
  return [...text.matchAll(/(?:^import[^;]*?|\bimport\()'\.\/([^']+)'/gm)]
    .map(([, name = '']) => name)
    .sort();
}

test('the programme has all that attach and dump need before the first sample in one file', () => {
  const before = (file: string) =>
    [...readFileSync(posix.join(programme, file), 'utf8').matchAll(/^import [^;]*?'(\.[^']+)';$/gm)].map(
      ([, name]) => name,
    );
  assert.deepEqual([before('main.js'), before('quick.js')], [['./quick.js'], []]);
  const later = importsOf('quick.js');
  assert.ok(later.includes('recording.js'), later.join());
  for (const file of ['attach.js', 'dump.js']) assert.ok(!later.includes(file), file);
});

test('nothing of the programme imports its entry, which waits for its command before it has been evaluated', () => {
  for (const file of readdirSync(programme)) assert.ok(!importsOf(file).includes('main.js'), file);
});
