import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadProfile } from '../../../src/load/json.js';
import { Listings } from '../../../src/profile/listing.js';
import type { CodeNames, Profile } from '../../../src/profile/profile.js';
import { record } from '../../../src/session/record.js';
import { openTarget } from '../../../src/target/target.js';
import { counted, groundFor } from '../../helpers/counted.js';
import { heavyops } from '../../helpers/heavyops.js';
import { type Interpreter, interpreters, label } from '../../helpers/interpreters.js';
import { startTarget } from '../../helpers/target.js';
import { scratch } from '../../target/processes.js';

const targets = fileURLToPath(new URL('../../../../test/targets/', import.meta.url));
const program = 'constants.py';
const source = readFileSync(`${targets}counted/${program}`, 'utf8');
const countable = interpreters().filter(({ minor, freeThreaded }) => minor >= 7 && !freeThreaded);

/** Functions of constants.py. */
const functions = ['plain', 'long', 'names', 'inner', 'replaced', 'all_of_them'];

function codeOf({ codes, strings }: Profile, name: string): number {
  return Array.from(codes.name, (one) => strings[one]).indexOf(name);
}

function namesOf(profile: Profile, name: string): CodeNames | undefined {
  const code = codeOf(profile, name);
  return profile.codeNames?.find((one) => one.code === code);
}

function textOf({ sources, strings }: Profile, file: string): string | undefined {
  return sources?.find((one) => strings[one.file] === file)?.text;
}

/** What dis of the interpreter itself shows, by function; see test/targets/dis_arguments.py. */
function shownByDis({ command: [file = '', ...args] }: Interpreter): Readonly<Record<string, Shown>> {
  const script = readFileSync(`${targets}dis_arguments.py`, 'utf8');
  const env = { ...process.env, PYTHONIOENCODING: 'utf-8', PYTHONHASHSEED: '0' };
  return JSON.parse(execFileSync(file, [...args, '-c', script], { input: source, encoding: 'utf8', env }));
}

interface Shown {
  readonly constants: readonly string[];
  readonly shown: readonly (readonly [offset: number, name: string, text: string])[];
}

/** As both tell of it: when the program has ended, an address tells nothing. */
function comparable(constants: readonly string[]): readonly string[] {
  return constants.map((text) =>
    text.replaceAll(/ at 0x[0-9a-f]+/g, '').replaceAll(/<code object (\w+)[^>]*>/g, '<code object $1>'),
  );
}

for (const interpreter of countable) {
  const on = `on ${label(interpreter)}`;

  test(`${on} a count has the program's text, and arguments are shown as dis shows them`, async (t) => {
    const ground = groundFor(t, interpreter);
    const { profile, finished } = await counted(t, ground, [program]);
    assert.deepEqual([finished.code, finished.stderr], [0, '']);
    assert.equal(textOf(profile, join(ground.folder, program)), source);
    const listings = new Listings(profile);
    let compared = 0;
    for (const [key, { shown, constants }] of Object.entries(shownByDis(interpreter))) {
      const name = key.split(' ')[0] ?? '';
      if (!functions.includes(name) || name === 'replaced') continue;
      if (name === 'plain') assert.deepEqual(namesOf(profile, name)?.constants, constants);
      const texts = new Map(listings.of(codeOf(profile, name)).map((one) => [one.offset, one.text]));
      for (const [offset, opcode, text] of shown) {
        if (!/^(LOAD|STORE|DELETE|IMPORT|MAKE_CELL|COPY_FREE)/.test(opcode)) continue;
        const ours = texts.get(offset) ?? '';
        // Long ones are cut short; addresses differ.
        if (ours.includes('...') || text.includes(' object ')) continue;
        assert.equal(ours, text, `${name} ${offset} ${opcode}`);
        if (text !== '') compared++;
      }
    }
    assert.ok(compared > 40, `only ${compared} arguments are compared`);
  });

  test(`${on} names and constants of a count are those of a recording`, async (t) => {
    const { profile } = await counted(t, groundFor(t, interpreter), [program]);
    const { pid } = await startTarget(t, interpreter, `counted/${program}`, {
      args: ['loop'],
      env: { PYTHONHASHSEED: '0' },
    });
    const target = await openTarget(pid);
    const sampled = await record(target, {
      rate: 2000,
      reader: 'memory',
      duration: 1000,
      programText: true,
    });
    let compared = 0;
    for (const name of functions) {
      const [ours, theirs] = [profile, sampled].map((one) => namesOf(one, name));
      assert.ok(ours !== undefined, name);
      if (theirs === undefined) continue; // It was seen in no sample.
      compared++;
      const of = ({ names, variables, cells, constants }: CodeNames) => ({
        names,
        variables,
        cells,
        constants: comparable(constants).slice(0, name === 'replaced' ? 2 : undefined),
      });
      assert.deepEqual(of(ours), of(theirs), name);
    }
    assert.ok(compared >= 3, `only ${compared} functions are compared`);
  });

  test(`${on} no class of the program is asked for the text of a constant`, async (t) => {
    const { profile, finished } = await counted(t, groundFor(t, interpreter), [program]);
    assert.deepEqual([finished.code, finished.stderr], [0, '']);
    assert.equal(codeOf(profile, '__repr__'), -1);
    assert.equal(namesOf(profile, 'crowded') === undefined, interpreter.minor >= 8, 'more than is kept');
    if (interpreter.minor < 8) return; // There its constants cannot be replaced.
    assert.deepEqual(namesOf(profile, 'replaced')?.constants.slice(-7), [
      '<int of about 20010 bits>',
      '<Odd object>',
      '<OddText object>',
      '<list object>',
      '(<Odd object>, (<OddText object>,))',
      'frozenset({<Odd object>})',
      'slice(1, None, 2)',
    ]);
  });
}

test('code that differs in its constants alone takes no memory each time', async (t) => {
  const interpreter = countable.findLast(({ root }) => root === '/') as Interpreter;
  const { finished } = await counted(t, groundFor(t, interpreter), ['evaluated.py']);
  assert.match(finished.stdout, /^\d+\n$/);
  assert.ok(Number(finished.stdout) < 1024, `${finished.stdout} kB of 20,000 expressions`);
});

test('text and names of a count are kept only for files that have use for them, and can be left out', async (t) => {
  const interpreter = countable.findLast(({ root }) => root === '/') as Interpreter;
  const { folder, python } = groundFor(t, interpreter);
  const kept = async (name: string, ...more: readonly string[]) => {
    const file = join(folder, 'out', name);
    const args = ['count', '--python', python, '-q', '-o', file, ...more, program];
    const { code, stderr } = await heavyops(t, args, { cwd: folder });
    assert.equal(code, 0, stderr);
    const text = readFileSync(file, 'utf8');
    return [text.includes('def all_of_them():'), text.includes('12345678901234567890')];
  };
  assert.deepEqual(await kept('a.json'), [true, true]);
  const { stdout } = await heavyops(t, ['dis', join(folder, 'out', 'a.json'), 'plain']);
  assert.match(stdout, /^7 +value = True, False, \.\.\., \(\)$/m);
  assert.match(stdout, /LOAD_CONST +\d+ \(\(True, False, Ellipsis, \(\)\)\)/);
  assert.deepEqual(await kept('b.html'), [true, true]);
  assert.deepEqual(await kept('c.json', '--without-source'), [false, false]);
  assert.deepEqual(await kept('d.html', '--without-source'), [false, false]);
  assert.deepEqual(await kept('e.collapsed'), [false, false]);
  const { sources, codeNames } = loadProfile(join(folder, 'out', 'c.json'));
  assert.deepEqual([sources, codeNames], [undefined, undefined]);
});

test('a file that the program has changed is marked', async (t) => {
  const interpreter = countable.findLast(({ root }) => root === '/') as Interpreter;
  const ground = groundFor(t, interpreter);
  const { profile } = await counted(t, ground, ['rewritten.py']);
  const changed = new Map(profile.sources?.map((one) => [profile.strings[one.file], one.changed]));
  assert.equal(changed.get(join(ground.folder, 'rewritten.py')), true);
  assert.equal(changed.get(join(ground.folder, 'constants.py')), undefined, 'it was not executed');
});

for (const interpreter of countable.filter(({ minor }) => minor >= 14)) {
  test(`on ${label(interpreter)} the count of a running process has its text, too`, async (t) => {
    const { pid, file } = await startTarget(t, interpreter, 'running.py', { args: ['busy'] });
    const output = join(scratch(t), 'counts.json');
    const count = async (...more: readonly string[]) => {
      const args = ['count', '--pid', String(pid), '--yes', '-d', '300ms', '-q', '-o', output, ...more];
      const { code, stderr } = await heavyops(t, args);
      assert.equal(code, 0, stderr);
      return loadProfile(output);
    };
    const profile = await count();
    assert.equal(textOf(profile, file), readFileSync(`${targets}running.py`, 'utf8'));
    assert.ok(namesOf(profile, 'loop')?.names.includes('seen'), namesOf(profile, 'loop')?.names.join(' '));
    const shown = await heavyops(t, ['dis', output, 'loop']);
    assert.match(shown.stdout, /STORE_GLOBAL +\d+ \(seen\)/);
    const { sources, codeNames } = await count('--without-source');
    assert.deepEqual([sources, codeNames], [undefined, undefined]);
  });
}
