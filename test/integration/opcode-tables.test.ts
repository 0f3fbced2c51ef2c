import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { interpreters, label } from '../helpers/interpreters.js';

const script = new URL('../../../scripts/tables/opcodes.py', import.meta.url);

/** What does not depend on the patch release, nor on whether headers are installed. */
const lasting = [
  'version',
  'magic',
  'haveArgument',
  'instructions',
  'has',
  'compareOperators',
  'binaryOperators',
  'intrinsics1',
  'intrinsics2',
  'specialMethods',
  'commonConstants',
] as const;

for (const interpreter of interpreters()) {
  const { minor, command } = interpreter;
  test(`the committed opcode table is the one that ${label(interpreter)} gives`, () => {
    const [program = '', ...args] = command;
    const made = spawnSync(program, [...args, '-'], { input: readFileSync(script), encoding: 'utf8' });
    assert.equal(made.status, 0, made.stderr);
    const committed = new URL(`../../../src/python/data/opcodes-3.${minor}.json`, import.meta.url);
    const ours = JSON.parse(readFileSync(committed, 'utf8')) as Record<string, unknown>;
    const theirs = JSON.parse(made.stdout) as Record<string, unknown>;
    for (const key of lasting) assert.deepEqual(ours[key], theirs[key], key);
  });
}
