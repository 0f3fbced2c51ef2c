import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { rowFilter, type SampleFilter } from '../../src/profile/filter.js';
import { SampleFlag, waitKindOf, waitKinds, waitShift } from '../../src/profile/profile.js';
import { totals } from '../../src/profile/totals.js';
import { callTree } from '../../src/profile/tree.js';
import { defaultView, frameText, type View, viewOfWaits } from '../../src/profile/view.js';
import { waitsText, waitTotals } from '../../src/profile/waits.js';
import { MILLISECOND, smallProfile, waitingProfile } from '../helpers/profiles.js';

/** Sources of the addon, as seen from dist/test/profile. */
const native = (path: string) => readFileSync(new URL(`../../../native/${path}`, import.meta.url), 'utf8');

test('kinds of waits have the names and the order, and their bits the place, that the addon gives them', () => {
  const [, body = ''] = /enum class WaitKind[^{]*\{([^}]*)\}/.exec(native('readers/wait_kind.h')) ?? [];
  const members = [...body.matchAll(/\bk(\w+) = (\d+)/g)].map(([, name = '', value]) => [
    name.toLowerCase(),
    Number(value),
  ]);
  assert.deepEqual(
    members,
    waitKinds.map((kind, index) => [kind.replace('/', '').toLowerCase(), index]),
  );
  assert.match(native('batch.h'), new RegExp(`kWaitShift = ${waitShift};`));
});

test('a row has the kind of its wait beside its other flags, and none while it runs', () => {
  const lock = waitKinds.indexOf('lock') << waitShift;
  assert.equal(waitKinds[waitKindOf(lock)], 'lock');
  assert.equal(waitKinds[waitKindOf(lock | SampleFlag.Gil | SampleFlag.Truncated)], 'lock');
  assert.equal(waitKinds[waitKindOf(lock | SampleFlag.Active)], 'none');
  assert.equal(waitKinds[waitKindOf(SampleFlag.Gil)], 'none');
});

/** Which rows a filter keeps. */
function kept(filter: SampleFilter): number[] {
  const profile = waitingProfile();
  const { keeps } = rowFilter(profile, filter);
  return Array.from({ length: profile.samples.length }, (_, row) => row).filter(keeps);
}

test('of waits those are kept that have a kind and a stack, and nothing that ran', () => {
  assert.deepEqual(kept({}), [0]);
  assert.deepEqual(kept({ waits: true }), [1, 2, 3, 5, 6, 8]);
  assert.deepEqual(kept({ waits: true, idle: true }), kept({ waits: true }));
  assert.deepEqual(kept({ idle: true }), [0, 1, 2, 3, 4, 5, 6, 8]);
});

test('waits are filtered as samples are', () => {
  assert.deepEqual(kept({ waits: true, gil: true }), [2]);
  assert.deepEqual(kept({ waits: true, file: '/srv/lib/**' }), [3, 5]);
  assert.deepEqual(kept({ waits: true, instructions: ['NOP'] }), []);
});

/** Paths of the nodes at which something ended, without files and lines, each with its nanoseconds in milliseconds. */
function ends(view: View): string[] {
  const tree = callTree(waitingProfile(), view);
  const path: string[] = [];
  return Array.from({ length: tree.length }, (_, node) => {
    const frame = tree.frames[tree.frame[node] ?? -1];
    const text = frame === undefined ? '' : frameText({ ...frame, file: '', line: 0 }).replace(' ()', '');
    path[node] = node === 0 ? '' : `${path[tree.parent[node] ?? 0]}/${text}`;
    return `${path[node]} ${(tree.selfWeight[node] ?? 0) / MILLISECOND}`;
  }).filter((end) => !end.endsWith(' 0'));
}

test('a tree of waits says at its leaves what they are for', () => {
  assert.deepEqual(ends({ ...viewOfWaits(defaultView), granularity: 'function' }), [
    '/<module>/work/[lock] 25',
    '/<module>/work/[processor] 2',
    '/<module>/work/tidy; 整理/[I/O] 40',
    '/<module>/work/tidy; 整理/[sleep] 1.25',
    '/<module>/work/[GIL] 3.5',
    '/<module>/work/[unknown wait] 1.5',
  ]);
});

test('with opcodes the wait stands on the instruction; among idle threads only that for the GIL is a frame', () => {
  assert.ok(
    ends({ ...viewOfWaits(defaultView), opcodes: true }).includes('/<module>/work/CALL_FUNCTION/[lock] 25'),
  );
  const wall = ends({ ...defaultView, filter: { idle: true } });
  assert.deepEqual(
    wall.filter((end) => end.includes('[')),
    ['/<module>/work/[GIL] 3.5'],
  );
});

test('waits are summed up by place and kind, heaviest first, and shares are those of all waits', () => {
  const { weight, rows } = waitTotals(waitingProfile(), {});
  assert.equal(weight, 73.25 * MILLISECOND);
  assert.deepEqual(
    rows.map((row) => [row.kind, row.weight / MILLISECOND, row.line, row.function]),
    [
      ['I/O', 40, 9, 'tidy; 整理'],
      ['lock', 25, 5, 'work'],
      ['GIL', 3.5, 5, 'work'],
      ['processor', 2, 5, 'work'],
      ['unknown', 1.5, 4, 'work'],
      ['sleep', 1.25, 9, 'tidy; 整理'],
    ],
  );
  assert.equal(rows[1]?.share, 25 / 73.25);
  assert.equal(rows[1]?.file, '/srv/app/app.py');
});

test('a file that is asked for leaves shares those of all waits', () => {
  const { weight, rows } = waitTotals(waitingProfile(), { file: 'tidy*' });
  assert.equal(weight, 73.25 * MILLISECOND);
  assert.deepEqual(
    rows.map(({ kind, share }) => [kind, share]),
    [
      ['I/O', 40 / 73.25],
      ['sleep', 1.25 / 73.25],
    ],
  );
});

test('a profile without waits has none', () => {
  assert.deepEqual(waitTotals(smallProfile(), { idle: true }), { weight: 0, rows: [] });
});

test('which waits they are is said with their shortest length', () => {
  assert.equal(waitsText(waitingProfile().meta), 'waits of 1.0 ms and more');
  assert.equal(waitsText({ ...waitingProfile().meta, leastWait: 0 }), 'waits');
});

test('an instruction that was only waited at, and not for as long as a tick, is in the histogram of all time', () => {
  const profile = waitingProfile();
  const short = {
    ...profile,
    samples: { ...profile.samples, count: new Uint32Array(profile.samples.length) },
  };
  const { opcodes, locations } = totals(short, { idle: true });
  assert.deepEqual(
    opcodes.map(({ name, count, weight }) => [name, count, weight]),
    [['CALL_FUNCTION', 0, 83.5 * MILLISECOND]],
  );
  assert.equal(
    locations.reduce((sum, { weight }) => sum + weight, 0),
    83.5 * MILLISECOND,
  );
});
