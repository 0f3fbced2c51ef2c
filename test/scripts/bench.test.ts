import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { randomFrom } from '../helpers/random.js';

const root = new URL('../../../', import.meta.url);

/** The bench's modules are plain JavaScript: what a test uses of them is typed here. */
async function module<T>(path: string): Promise<T> {
  return (await import(new URL(`scripts/bench/${path}`, root).href)) as T;
}

interface Table {
  readonly section: string;
  readonly title: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly columns: readonly {
    readonly name: string;
    readonly kind: 'ours' | 'variant' | 'rival' | 'reference';
  }[];
  readonly rows: readonly string[];
  readonly values: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
  readonly remarks: readonly string[];
  readonly drawn?: 'lines';
}

interface Seen {
  readonly name: string;
  readonly version?: string;
  readonly missing?: string;
  readonly readers?: readonly string[];
}

/** What a tool is asked for, as far as a command line has it. */
interface Job {
  readonly target: { readonly pid: number; readonly folder: { here(name: string): string } };
  readonly rate: number;
  readonly seconds: number;
  readonly output: string;
  readonly blocking?: boolean;
}

interface Tool {
  readonly name: string;
  readonly kind: string;
  command(job: Job): readonly string[];
  counted(
    job: Job,
    seen: { readonly output: string; readonly seconds: number },
  ): Promise<{ readonly ticks: number }>;
}

interface Results {
  readonly machine: object;
  readonly date: string;
  readonly quick: boolean;
  readonly tools: readonly Seen[];
  readonly tables: readonly Table[];
}

type Stacks = ReadonlyMap<string, number>;

const { median, spread, distance, distanceByChance, line, ratioToBest } = await module<{
  median: (values: readonly number[]) => number;
  spread: (values: readonly number[]) => readonly [number, number];
  distance: (a: Stacks, b: Stacks) => number;
  distanceByChance: (a: Stacks, b: Stacks) => number;
  line: (points: readonly (readonly [number, number])[]) => { slope: number; start: number; left: number };
  ratioToBest: (table: Table, row: string) => { ratio: number; ours: string; rival: string } | undefined;
}>('statistics.mjs');
const { figure, summed, merged } = await module<{
  figure: (value: number) => string;
  summed: (values: readonly number[]) => string;
  merged: (runs: readonly Results[]) => Results;
}>('results.mjs');
const { heavyops } = await module<{
  heavyops: (reader?: 'auto' | 'kernel' | 'memory', tell?: (chosen: string) => void) => Tool;
}>('tools/heavyops.mjs');
const { collapsedStacks } = await module<{ collapsedStacks: (text: string, frames: string) => Stacks }>(
  'tools/collapsed.mjs',
);
const { mojoStacks } = await module<{
  mojoStacks: (bytes: Buffer) => { stacks: Stacks; samples: number; invalid: number; errors: number };
}>('tools/mojo.mjs');
const { austinSeconds } = await module<{ austinSeconds: (output: string) => number }>('tools/austin.mjs');
const { cpythonsSummary } = await module<{
  cpythonsSummary: (output: string) => { seconds: number; failed: number };
}>('tools/cpython.mjs');
const { markdown, withFigures } = await module<{
  markdown: (results: Results) => string;
  withFigures: (document: string, results: Results) => string;
}>('markdown.mjs');
const { picture } = await module<{ picture: (results: Results) => string }>('picture.mjs');

const rate: Table = {
  section: 'rate',
  title: 'Highest rate',
  unit: 'stacks a second',
  better: 'more',
  columns: [
    { name: 'heavyops on 3.14', kind: 'ours' },
    { name: 'heavyops on 3.15', kind: 'ours' },
    { name: 'austin on 3.14', kind: 'rival' },
    { name: 'py-spy on 3.14', kind: 'rival' },
    { name: 'a bare loop', kind: 'reference' },
  ],
  rows: ['depth 3', 'depth 25'],
  values: {
    'depth 3': {
      'heavyops on 3.14': [300_000, 310_000, 290_000],
      'heavyops on 3.15': [250_000, 240_000, 260_000],
      'austin on 3.14': [100_000, 90_000, 110_000],
      'py-spy on 3.14': [10_000],
      'a bare loop': [500_000],
    },
    'depth 25': { 'heavyops on 3.14': [200_000] },
  },
  remarks: ['austin <fails> at depth 25'],
};

const results: Results = {
  machine: { processor: 'A & B', cores: 2, kernel: '6.1', load: 0.1, node: 'v20.0.0' },
  date: '2026-11-21',
  quick: false,
  tools: [
    { name: 'heavyops', version: '0.1.0' },
    { name: 'austin', missing: 'it does not run' },
  ],
  tables: [
    rate,
    {
      ...rate,
      title: 'A curve',
      rows: ['1 frames', '10 frames'],
      values: { '1 frames': { 'austin on 3.14': [2] }, '10 frames': { 'austin on 3.14': [20] } },
      drawn: 'lines',
    },
  ],
};

test('the median of an even number of values lies between the two in the middle', () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([30, 10, 20]), 20);
  assert.ok(Number.isNaN(median([])));
  assert.deepEqual(spread([30, 10, 20]), [10, 30]);
});

test('what two sets of samples of one distribution differ by is what chance makes of it', () => {
  const random = randomFrom(1);
  const drawn = (count: number) => {
    const counts = new Map<string, number>();
    for (let i = 0; i < count; i++) {
      const key = String(Math.floor(8 * random() ** 2)); // some often, some seldom
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  };
  const pairs = Array.from({ length: 200 }, () => [drawn(1000), drawn(3000)] as const);
  const mean = (of: (a: Stacks, b: Stacks) => number) =>
    pairs.reduce((sum, [a, b]) => sum + of(a, b), 0) / pairs.length;
  const ratio = mean(distance) / mean(distanceByChance);
  assert.ok(ratio > 0.95 && ratio < 1.05, String(ratio));
});

test('the distance of two distributions does not depend on how many samples each has', () => {
  assert.equal(
    distance(
      new Map([
        ['a', 1],
        ['b', 1],
      ]),
      new Map([
        ['a', 50],
        ['b', 50],
      ]),
    ),
    0,
  );
  assert.equal(
    distance(
      new Map([
        ['a', 3],
        ['b', 1],
      ]),
      new Map([
        ['a', 25],
        ['c', 75],
      ]),
    ),
    0.75,
  );
});

test('a stack of chains.py that has both digits in it never existed', async () => {
  const { mixed } = await module<{ mixed: (stacks: Stacks) => number }>('../accuracy/distribution.mjs');
  const stacks = new Map([
    ['<module>;main;a1;b1', 5],
    ['<module>;main;a1;b2', 2],
    ['<module> > main > a2 > b1 > c1', 1],
  ]);
  assert.equal(mixed(stacks), 3);
});

test('a straight line through points on one leaves nothing unexplained', () => {
  assert.deepEqual(
    line([
      [0, 5],
      [1, 7],
      [3, 11],
    ]),
    { slope: 2, start: 5, left: 0 },
  );
});

test('the worst of heavyops is held against the best of the rivals', () => {
  assert.deepEqual(ratioToBest(rate, 'depth 3'), {
    ratio: 2.5,
    ours: 'heavyops on 3.15',
    rival: 'austin on 3.14',
  });
  const cost: Table = { ...rate, better: 'less' };
  assert.deepEqual(ratioToBest(cost, 'depth 3'), {
    ratio: 10_000 / 300_000,
    ours: 'heavyops on 3.14',
    rival: 'py-spy on 3.14',
  });
});

test('only what heavyops does by itself is held against the rivals, not its other readers', () => {
  const column = 'heavyops, memory on 3.14';
  const table: Table = {
    ...rate,
    columns: [...rate.columns, { name: column, kind: 'variant' }],
    values: { 'depth 3': { ...rate.values['depth 3'], [column]: [1] } },
  };
  assert.equal(ratioToBest(table, 'depth 3')?.ours, 'heavyops on 3.15');
  const drawn = picture({ ...results, tables: [table] });
  assert.match(drawn, /heavyops, memory on 3\.14/);
  assert.doesNotMatch(drawn, /undefined/);
});

test('heavyops is asked for its reader, and a run of another one than was named is none', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'heavyops-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const here = (name: string) => join(folder, name);
  writeFileSync(here('out'), '<module> (app.py:1);work (app.py:2) 9\n');
  const job: Job = { target: { pid: 7, folder: { here } }, rate: 1000, seconds: 2, output: 'out' };
  const counters = { ticks: 8, samples: 9, unreadable: 0, lost: 0, truncated: 0 };
  const said = (reader: string) => ({
    output: JSON.stringify({ summary: { reader, rate: 1000, duration: 2e9, counters } }),
    seconds: 0,
  });
  const reader = (words: readonly string[]) => words[words.indexOf('--reader') + 1];
  const chosen: string[] = [];
  const own = heavyops('auto', (one) => chosen.push(one));
  assert.deepEqual([own.name, own.kind, reader(own.command(job))], ['heavyops', 'ours', 'auto']);
  assert.equal((await own.counted(job, said('kernel'))).ticks, 8);
  assert.deepEqual(chosen, ['kernel at 1000 Hz']);
  const memory = heavyops('memory');
  const its = [memory.name, memory.kind, reader(memory.command(job))];
  assert.deepEqual(its, ['heavyops, memory', 'variant', 'memory']);
  await assert.rejects(memory.counted(job, said('kernel')), /"kernel", not "memory"/);
  const blocking = own.command({ ...job, blocking: true });
  assert.ok(blocking.includes('--blocking') && !blocking.includes('--reader'));
});

test('nothing is compared where no rival has a value', () => {
  assert.equal(ratioToBest(rate, 'depth 25'), undefined);
});

test('figures have three digits that mean something', () => {
  assert.deepEqual([123_456, 99.96, 5.166, 0.01234, 0].map(figure), ['123,000', '100', '5.17', '0.012', '0']);
  assert.equal(summed([3, 1, 2]), '2.00 (1.00–3.00)');
  assert.equal(summed([]), '–');
});

test('folded stacks of all three kinds become names', () => {
  const heavyops =
    '<module> (/tmp/a b.py:42);main (/tmp/a b.py:3) 7\n<module> (/tmp/a b.py:42);main (/tmp/a b.py:4) 5\n';
  assert.deepEqual([...collapsedStacks(heavyops, 'name first')], [['<module>;main', 12]]);
  const own = 'tid:8885;depth.py:<module>:42;depth.py:busy:14 922\n';
  assert.deepEqual([...collapsedStacks(own, 'file first')], [['<module>;busy', 922]]);
});

test("austin's binary output becomes stacks", () => {
  // A file of austin 4.0.0: depth.py at depth 3, four samples.
  const file = Buffer.from(readFileSync(new URL('test/golden/austin.mojo.base64', root), 'latin1'), 'base64');
  const { stacks, samples, invalid } = mojoStacks(file);
  assert.deepEqual({ samples, invalid }, { samples: 4, invalid: 0 });
  assert.deepEqual([...stacks], [['<module>;descend;descend;descend;announced;busy', 4]]);
});

test('a sample of austin that has no frame, or an invalid one, is counted as failed', () => {
  const file = Buffer.from(readFileSync(new URL('test/golden/austin.mojo.base64', root), 'latin1'), 'base64');
  const { samples, invalid } = mojoStacks(
    Buffer.concat([file, Buffer.from([2, 1, 0, 0x61, 0, 4, 2, 1, 0, 0x61, 0, 9, 1])]),
  );
  assert.deepEqual({ samples, invalid }, { samples: 6, invalid: 2 });
});

test("the rivals' own summaries are understood", () => {
  const said = '      Total duration\u001b[0;30m . . . . . . \u001b[0m\u001b[1m2.00s\u001b[0m\n';
  assert.equal(austinSeconds(said), 2);
  const own =
    'Captured 21,302 samples in 1.50 seconds\nSample rate: 14201.33 samples/sec\nError rate: 10.00\n';
  assert.deepEqual(cpythonsSummary(own), { seconds: 1.5, failed: 2130 });
  assert.throws(() => cpythonsSummary('Permission denied'), /Permission denied/);
});

test('a run as Markdown names what is missing, and its ratios', () => {
  const text = markdown(results);
  assert.match(text, /austin is missing \(it does not run\)/);
  assert.match(
    text,
    /\| depth 3 \| 300,000 \(290,000–310,000\) \| 250,000 \(240,000–260,000\) \| 100,000 .*\| 2\.50 × \(austin on 3\.14\) \|/,
  );
  assert.match(text, /\| depth 25 \| 200,000 \| – \| – \| – \| – \| – \|/);
  assert.match(text, /- austin <fails> at depth 25/);
});

test('only what lies between the markers of docs/performance.md is replaced', () => {
  const document = readFileSync(new URL('docs/performance.md', root), 'utf8');
  const once = withFigures(document, results);
  assert.match(once, /### Highest rate/);
  assert.equal(withFigures(once, results), once);
  const frame = (text: string) => text.replace(/<!-- begin[\s\S]*<!-- end -->/, '');
  assert.equal(frame(once), frame(document));
  assert.throws(() => withFigures('no markers', results), /lacks/);
});

test('the picture shows each value, and is well-formed with any text', () => {
  const svg = picture(results);
  assert.equal(svg.match(/<rect /g)?.length, 6);
  assert.equal(svg.match(/<circle /g)?.length, 2);
  assert.match(svg, /A &amp; B/);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
});

test('runs of the same section, or of two machines, are not merged', () => {
  const other = { ...results, tables: [{ ...rate, section: 'cost' }] };
  assert.equal(merged([{ ...results, tables: [rate] }, other]).tables.length, 2);
  const chose = (run: Results, reader: string): Results => ({
    ...run,
    tools: run.tools.map((tool) => (tool.name === 'heavyops' ? { ...tool, readers: [reader] } : tool)),
  });
  const both = merged([
    chose({ ...results, tables: [rate] }, 'memory at 10000000 Hz'),
    chose(other, 'kernel at 100 Hz'),
  ]);
  assert.deepEqual(both.tools[0]?.readers, ['kernel at 100 Hz', 'memory at 10000000 Hz']);
  assert.match(
    markdown(both),
    /heavyops 0\.1\.0 \(its own choice: kernel at 100 Hz, memory at 10000000 Hz\)/,
  );
  assert.throws(() => merged([results, results]), /"rate"/);
  assert.throws(() => merged([results, { ...other, machine: { processor: 'C' } }]), /different machines/);
});
