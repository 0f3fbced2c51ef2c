import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { speedscope } from '../../src/export/speedscope.js';
import { defaultView, type View, viewOfWaits } from '../../src/profile/view.js';
import { assertGolden } from '../helpers/golden.js';
import { type Schema, violations } from '../helpers/json-schema.js';
import { deepProfile, MILLISECOND, smallProfile, waitingProfile } from '../helpers/profiles.js';

interface SpeedscopeFile {
  readonly activeProfileIndex: number;
  readonly shared: { readonly frames: readonly { name: string; file?: string; line?: number }[] };
  readonly profiles: readonly {
    readonly name: string;
    readonly samples: readonly (readonly number[])[];
    readonly weights: readonly number[];
    readonly endValue: number;
  }[];
}

const schemaPath = new URL(import.meta.resolve('speedscope/dist/release/file-format-schema.json'));
const schema = JSON.parse(readFileSync(schemaPath, 'utf8')) as Schema;

const written = (view: Partial<View> = {}, profile = smallProfile()) =>
  JSON.parse([...speedscope.write(profile, { ...defaultView, ...view })].join('')) as SpeedscopeFile;

test('the speedscope file is as it has always been', () => {
  assertGolden('small.speedscope.json', [...speedscope.write(smallProfile(), defaultView)].join(''));
});

test('speedscope’s own schema accepts the file under every view, and refuses a broken one', () => {
  for (const view of [{}, { opcodes: true }, { lineNumbers: false }, { filter: { idle: true } }]) {
    assert.deepEqual(violations(written(view), schema), []);
  }
  const broken = { ...written(), shared: { frames: [{ file: 'a.py' }] } };
  assert.deepEqual(violations(broken, schema), ['$.shared.frames[0]: lacks name']);
});

test('the file says which reader took the samples, and why not the kernel', () => {
  const small = smallProfile();
  const whyNotKernel = { reason: 'heavyops lacks CAP_BPF', remedy: 'run it as root' };
  const exporter = ({ meta }: Pick<typeof small, 'meta'>) =>
    (written({}, { ...small, meta }) as unknown as { exporter: string }).exporter;
  assert.equal(exporter(small), 'heavyops@0.0.0, memory reader');
  assert.equal(
    exporter({ meta: { ...small.meta, whyNotKernel } }),
    'heavyops@0.0.0, memory reader (not kernel: heavyops lacks CAP_BPF)',
  );
});

test('there is a profile a thread, and what is left out of it is a gap in its time', () => {
  const { profiles, activeProfileIndex } = written();
  assert.deepEqual(
    profiles.map(({ name }) => name),
    ['thread (4242): MainThread', 'thread (4243): pool <1>'],
  );
  assert.equal(activeProfileIndex, 0);
  const worker = profiles[1];
  assert.deepEqual(
    worker?.weights,
    [4, 2, 1].map((weight) => weight * MILLISECOND),
  );
  assert.deepEqual(
    worker?.samples.map((stack) => stack.length),
    [0, 0, 2],
  );
});

test('samples and weights are in step, frames exist, and weights add up to the end', () => {
  const { profiles, shared } = written({ opcodes: true, filter: { idle: true } });
  for (const { samples, weights, endValue } of profiles) {
    assert.equal(samples.length, weights.length);
    assert.equal(
      weights.reduce((sum, weight) => sum + weight, 0),
      endValue,
    );
    assert.ok(samples.flat().every((frame) => shared.frames[frame] !== undefined));
  }
});

test('frames carry function, file and line, root first', () => {
  const { profiles, shared } = written({ opcodes: true });
  assert.deepEqual(
    profiles[0]?.samples[1]?.map((frame) => shared.frames[frame]),
    [
      { name: '<module>', file: '/srv/app/app.py', line: 20 },
      { name: 'work', file: '/srv/app/app.py', line: 5 },
      { name: 'LOAD_ATTR_SLOT' },
    ],
  );
});

test('of waits there is a profile a thread as well, with what they are for at the leaf', () => {
  const view = viewOfWaits(defaultView);
  const text = [...speedscope.write(waitingProfile(), view)].join('');
  assertGolden('waits.speedscope.json', text);
  assert.match(text, /"name":"waits of 1\.0 ms and more: python3 app\.py/);
  const file = written(view, waitingProfile());
  assert.deepEqual(violations(file, schema), []);
  const leaves = ({ samples, weights }: (typeof file.profiles)[number]) =>
    samples.map((stack, at) => [
      file.shared.frames[stack.at(-1) ?? -1]?.name,
      (weights[at] ?? 0) / MILLISECOND,
    ]);
  assert.deepEqual(file.profiles.map(leaves), [
    [
      [undefined, 10],
      ['[lock]', 25],
      ['[processor]', 2],
    ],
    [
      ['[I/O]', 40],
      [undefined, 0.25],
      ['[sleep]', 1.25],
      ['[GIL]', 3.5],
      [undefined, 2],
      ['[unknown wait]', 1.5],
    ],
  ]);
});

test('threads that have nothing to show are left out, and no sample at all is still a valid file', () => {
  assert.equal(written({ filter: { gil: true } }).profiles.length, 1);
  const empty = written({ filter: { instructions: ['NOP'] } });
  assert.deepEqual(empty.profiles, []);
  assert.deepEqual(violations(empty, schema), []);
});

test('a stack 20,000 deep is one sample', () => {
  assert.equal(written({}, deepProfile(20_000)).profiles[0]?.samples[0]?.length, 20_000);
});
