import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Listings } from '../../src/profile/listing.js';
import type { CodeNames, Profile } from '../../src/profile/profile.js';
import { record } from '../../src/session/record.js';
import { openTarget } from '../../src/target/target.js';
import { heavyops } from '../helpers/heavyops.js';
import { type Interpreter, interpreters, label } from '../helpers/interpreters.js';
import { startTarget } from '../helpers/target.js';
import { scratch } from '../target/processes.js';

const targets = fileURLToPath(new URL('../../../test/targets/', import.meta.url));
const options = { rate: 2000, reader: 'memory', duration: 600 } as const;

function namesOf({ codes, codeNames, strings }: Profile, name: string): CodeNames | undefined {
  return codeNames?.find(({ code }) => strings[codes.name[code] as number] === name);
}

for (const interpreter of interpreters()) {
  test(`on ${label(interpreter)} source text, names and constants of what is seen are kept`, async (t) => {
    const { pid, file } = await startTarget(t, interpreter, 'opcodes.py', { args: ['arithmetic'] });
    const profile = await record(await openTarget(pid), { ...options, programText: true });
    const source = profile.sources?.find((one) => profile.strings[one.file] === file);
    assert.equal(source?.text, readFileSync(`${targets}opcodes.py`, 'utf8'));
    assert.equal(source?.changed, false);
    const names = namesOf(profile, 'arithmetic');
    assert.deepEqual([...(names?.variables ?? [])], ['rounds', 'a', 'b', 'c', 'i']);
    assert.deepEqual([...(names?.names ?? [])], ['range']);
    assert.ok(names?.constants.includes('65535'), names?.constants.join(' '));
    const listed = new Listings(profile).of(names?.code ?? -1);
    const loads = listed.filter(({ base, text }) => /^LOAD_GLOBAL/.test(base) && /range/.test(text));
    assert.equal(loads.length, 1, 'the listing has its names');
  });
}

test('without being asked for, nothing of the program is kept', async (t) => {
  const [interpreter] = interpreters();
  assert.ok(interpreter !== undefined);
  const { pid } = await startTarget(t, interpreter, 'opcodes.py');
  const profile = await record(await openTarget(pid), options);
  assert.equal('sources' in profile || 'codeNames' in profile, false);
});

test('files that have use for it have the text of the program, unless it is to be left out', async (t) => {
  const interpreter = interpreters().findLast(({ root }) => root === '/') as Interpreter;
  const { pid } = await startTarget(t, interpreter, 'opcodes.py');
  const directory = scratch(t);
  const kept = async (name: string, ...more: string[]) => {
    const file = join(directory, name);
    const finished = await heavyops(t, ['attach', String(pid), '-d', '0.5', '-q', '-o', file, ...more]);
    assert.equal(finished.code, 0, finished.stderr);
    return readFileSync(file, 'utf8').includes('def arithmetic(rounds):');
  };
  assert.equal(await kept('a.json'), true);
  assert.equal(await kept('b.html'), true);
  assert.equal(await kept('c.json', '--without-source'), false);
  assert.equal(await kept('d.html', '--without-source'), false);
});

test('types that instructions work on are names, too: they are left out with the rest', async (t) => {
  const interpreter = interpreters().findLast(
    (one) => one.root === '/' && one.minor >= 11 && !one.freeThreaded,
  );
  assert.ok(interpreter !== undefined);
  const { pid } = await startTarget(t, interpreter, 'advice_types.py', { args: ['unpack', 'before'] });
  const directory = scratch(t);
  const kept = async (name: string, seconds: number, ...more: string[]) => {
    const file = join(directory, name);
    const finished = await heavyops(t, [
      'attach',
      String(pid),
      '-d',
      String(seconds),
      '-q',
      '-o',
      file,
      ...more,
    ]);
    assert.equal(finished.code, 0, finished.stderr);
    return readFileSync(file, 'utf8').includes('__main__.Point');
  };
  // On a busy machine the program can be too seldom on a processor.
  let isKept = false;
  for (let seconds = 1; !isKept && seconds <= 8; seconds *= 2) isKept = await kept('a.json', seconds);
  assert.equal(isKept, true);
  assert.equal(await kept('b.json', 2, '--without-source'), false);
});
