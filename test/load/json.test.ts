import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ErrorCode, HeavyopsError } from '../../src/errors.js';
import { formats } from '../../src/export/formats.js';
import { json } from '../../src/export/json.js';
import { loadProfile } from '../../src/load/json.js';
import { gilWaitKinds, type Profile } from '../../src/profile/profile.js';
import { totals } from '../../src/profile/totals.js';
import { defaultView } from '../../src/profile/view.js';
import { contendedProfile, smallProfile, waitingProfile, wideProfile } from '../helpers/profiles.js';
import { reportProfile } from '../helpers/report-profile.js';

const text = (profile: Profile) => [...json.write(profile, defaultView)].join('');
const load = (content: string) => loadProfile(Buffer.from(content));
const refused = (code: ErrorCode, message: RegExp) => (error: unknown) =>
  error instanceof HeavyopsError && error.code === code && message.test(error.message);

test('a profile that is written and loaded is the same to the last byte', () => {
  for (const profile of [
    smallProfile(),
    waitingProfile(),
    contendedProfile(),
    wideProfile(300),
    reportProfile(),
  ]) {
    const written = text(profile);
    const loaded = load(written);
    assert.equal(text(loaded), written);
    assert.deepEqual(loaded.samples, profile.samples);
    assert.deepEqual(totals(loaded, {}), totals(profile, {}));
  }
});

test('why the kernel reader was not taken is kept, and checked', () => {
  const small = smallProfile();
  const whyNotKernel = { reason: 'heavyops lacks CAP_BPF', remedy: 'run it as root' };
  const written = text({ ...small, meta: { ...small.meta, whyNotKernel } });
  assert.deepEqual(load(written).meta.whyNotKernel, whyNotKernel);
  assert.equal('whyNotKernel' in load(text(small)).meta, false);
  for (const broken of [written.replace('"reason":', '"cause":'), written.replace('"run it as root"', '7')]) {
    assert.throws(() => load(broken), refused('INPUT_INVALID', /meta\.whyNotKernel\.re\w+ is /));
  }
});

test('the least wait is kept, and checked', () => {
  const written = text(waitingProfile());
  assert.equal(load(written).meta.leastWait, 1e6);
  assert.equal('leastWait' in load(text(smallProfile())).meta, false);
  assert.throws(
    () => load(written.replace('"leastWait":1000000', '"leastWait":"1 ms"')),
    refused('INPUT_INVALID', /meta\.leastWait is not a number/),
  );
});

test('whether waiting for the GIL is told is kept, and checked; a file of an older version does not say', () => {
  const small = smallProfile();
  for (const gilWaits of gilWaitKinds) {
    assert.equal(load(text({ ...small, meta: { ...small.meta, gilWaits } })).meta.gilWaits, gilWaits);
  }
  assert.equal('gilWaits' in load(text(small)).meta, false);
  const written = text({ ...small, meta: { ...small.meta, gilWaits: 'told' } });
  assert.throws(
    () => load(written.replace('"gilWaits":"told"', '"gilWaits":"perhaps"')),
    refused('INPUT_INVALID', /meta\.gilWaits is none of told, /),
  );
});

test('types of operands are kept, and checked', () => {
  const seen = [
    {
      types: [
        { name: 'int', base: '', traits: [] },
        { name: '', base: '', traits: [] },
      ],
      looks: 11,
    },
    {
      types: [
        { name: 'app.Level', base: 'int', traits: ['enum'] },
        { name: '', base: '', traits: [] },
      ],
      looks: 1,
    },
  ];
  const operandTypes = [{ code: 1, offset: 4, operands: ['x', '1'], looks: 12, changes: 3, seen }];
  const written = text({ ...smallProfile(), operandTypes });
  assert.deepEqual(load(written).operandTypes, operandTypes);
  assert.equal('operandTypes' in load(text(smallProfile())), false);
  const broken: readonly (readonly [string, string, RegExp])[] = [
    [
      '"operandTypes":[{"code":1',
      '"operandTypes":[{"code":99',
      /operandTypes\[0\]\.code is not a whole number/,
    ],
    ['"looks":11', '"looks":-1', /operandTypes\[0\]\.seen\[0\]\.looks is not/],
    ['"traits":["enum"]', '"traits":[1]', /seen\[1\]\.types\[0\]\.traits\[0\] is not text/],
  ];
  for (const [from, to, message] of broken) {
    assert.ok(written.includes(from), from);
    assert.throws(() => load(written.replace(from, to)), refused('INPUT_INVALID', message));
  }
});

test('source text and names of the program are kept, and checked', () => {
  const profile = reportProfile();
  const written = text(profile);
  assert.deepEqual(load(written).sources, profile.sources);
  assert.deepEqual(load(written).codeNames, profile.codeNames);
  const broken: readonly (readonly [string, string, RegExp])[] = [
    ['"changed":false', '"changed":0', /sources\[0\]\.changed is neither/],
    ['"sources":[{"file":', '"sources":[{"file":9', /sources\[0\]\.file is not a whole number/],
    [
      '"codeNames":[{"code":0',
      '"codeNames":[{"code":3',
      /codeNames\[0\]\.code is not a whole number from 0 to 2/,
    ],
    ['"variables":["values"', '"variables":[1', /codeNames\[0\]\.variables\[0\] is not text/],
  ];
  for (const [right, wrong, message] of broken) {
    assert.ok(written.includes(right), right);
    assert.throws(() => load(written.replace(right, wrong)), refused('INPUT_INVALID', message));
  }
});

test('names with lone surrogates and control characters survive', () => {
  const small = smallProfile();
  const profile = { ...small, strings: ['\ud800\u0000"\\\u2028', ...small.strings.slice(1)] };
  assert.equal(load(text(profile)).strings[0], profile.strings[0]);
});

test('a file is loaded by its path, and one that is not there is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heavyops-load-'));
  try {
    const path = join(folder, 'p.json');
    writeFileSync(path, text(smallProfile()));
    assert.equal(text(loadProfile(path)), text(smallProfile()));
    assert.throws(
      () => loadProfile(join(folder, 'none.json')),
      refused('INPUT_UNREADABLE', /none\.json cannot be read/),
    );
    assert.throws(() => loadProfile(folder), refused('INPUT_UNREADABLE', /cannot be read/));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what is not JSON, not text, cut short or another kind of file is refused', () => {
  const cases: [string | Uint8Array, RegExp][] = [
    ['', /not a heavyops profile/],
    [Uint8Array.of(0xff, 0xfe, 0x00), /not a heavyops profile/],
    [text(smallProfile()).slice(0, 500), /not a heavyops profile/],
    ['[]', /its content is not an object/],
    ['null', /its content is not an object/],
    ['{"shared":{"frames":[]}}', /format is missing/],
  ];
  for (const [content, message] of cases) {
    assert.throws(() => loadProfile(Buffer.from(content)), refused('INPUT_INVALID', message));
  }
});

test('a newer format version is refused with the advice to update', () => {
  const newer = text(smallProfile()).replace('"formatVersion":1', '"formatVersion":2');
  assert.throws(
    () => load(newer),
    (error) => error instanceof HeavyopsError && /update/.test(error.hint),
  );
});

test('every broken field is named', () => {
  const cases: [(file: JsonFile) => void, RegExp][] = [
    [(file) => delete file.meta.target, /meta\.target is missing/],
    [(file) => (file.meta.rate = '1000'), /meta\.rate is not a number/],
    [(file) => (file.meta.duration = -1), /meta\.duration is not a number of 0 or more/],
    [(file) => (file.meta.ended = 'never'), /meta\.ended is none of duration/],
    [(file) => (file.strings = {}), /strings is not a list/],
    [(file) => (file.opcodes = [{ name: 'A' }]), /opcodes\[0\]\.base is missing/],
    [(file) => (file.stacks.parent[1] = 1), /stacks\.parent\[1\] is not a whole number from -1 to 0/],
    [(file) => (file.stacks.frame[0] = 99), /stacks\.frame\[0\] is not a whole number from 0 to/],
    [(file) => (file.codes.filename[0] = -1), /codes\.filename\[0\]/],
    [(file) => (file.codes.bytecode[0] = '!'), /codes\.bytecode\[0\] is not base64/],
    [(file) => file.codes.lineTable.pop(), /codes\.lineTable has 2 rows, not 3/],
    [(file) => (file.frames.offset[0] = 1.5), /frames\.offset\[0\]/],
    [(file) => (file.samples.thread[0] = 7), /samples\.thread\[0\] is not a whole number from 0 to 1/],
    [(file) => (file.samples.time[0] = null), /samples\.time\[0\] is not a number/],
    [(file) => file.samples.weight.push(1), /samples\.weight has 8 rows, not 7/],
    [(file) => (file.samples.count[2] = 2 ** 32), /samples\.count\[2\]/],
    [(file) => (file.samples.flags[0] = 256), /samples\.flags\[0\]/],
  ];
  for (const [break_, message] of cases) {
    const file = JSON.parse(text(smallProfile())) as JsonFile;
    break_(file);
    assert.throws(() => load(JSON.stringify(file)), refused('INPUT_INVALID', message), String(message));
  }
});

interface JsonFile {
  meta: Record<string, unknown>;
  strings: unknown;
  opcodes: unknown;
  codes: Record<string, unknown[]> & { filename: unknown[]; bytecode: unknown[]; lineTable: unknown[] };
  frames: { offset: unknown[] };
  stacks: { parent: unknown[]; frame: unknown[] };
  samples: Record<'thread' | 'time' | 'weight' | 'count' | 'flags', unknown[]>;
}

test('a file that was changed at random is refused in words, or is a profile that every format can write', () => {
  const random = generator(20_261_121);
  const original = Buffer.from(text(smallProfile()));
  let refusals = 0;
  for (let round = 0; round < 1500; round++) {
    try {
      const profile = loadProfile(mutated(original, random));
      const view = { ...defaultView, opcodes: true, threads: true };
      totals(profile, {});
      for (const format of formats) {
        assert.ok([...format.write(profile, view)].length > 0);
      }
    } catch (error) {
      assert.ok(error instanceof HeavyopsError, `round ${round}: ${error}`);
      refusals++;
    }
  }
  assert.ok(refusals > 500 && refusals < 1500, `${refusals} refusals`);
});

function mutated(original: Buffer, random: () => number): Uint8Array {
  const bytes = Buffer.from(original);
  const at = Math.floor(random() * bytes.length);
  const kind = Math.floor(random() * 3);
  if (kind === 0) {
    bytes[at] = Math.floor(random() * 256);
  } else if (kind === 1) {
    bytes[at] = 0x30 + Math.floor(random() * 10);
  } else {
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + Math.floor(random() * 20))]);
  }
  return bytes;
}

/** mulberry32: the same numbers in every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
