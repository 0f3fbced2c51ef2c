import assert from 'node:assert/strict';
import { test } from 'node:test';
import { debugReport } from '../../src/cli/debug-report.js';
import type { Batch } from '../../src/native.js';

/** A batch as it comes from the sampler, as far as it is looked at. */
function batch(times: readonly number[], reads: number): Batch {
  const counters = { ticks: 2000, samples: 4000, late: 12, missed: 3, lost: 1, reads };
  return {
    samples: { time: Float64Array.from(times) },
    counters,
    beside: 1900,
    elapsed: 2e9,
  } as unknown as Batch;
}

const meta = { startedAt: performance.timeOrigin + 80, rate: 1000, reader: 'memory' } as const;

test('the first sample of all batches and the counters of the last one are told', () => {
  const report = debugReport();
  for (const one of [batch([], 1), batch([2.5e6, 9e6], 4100), batch([1e9], 4200)]) report.onBatch(one);
  const [first, ticks, reads, beside, cpu, memory] = report.text(meta).split('\n');
  assert.equal(first, 'debug: first sample 82.5 ms after Node.js began');
  assert.equal(ticks, '  2,000 ticks in 2.00 s at 1,000 a second: 12 late, 3 missed');
  assert.equal(reads, '  4,200 calls of process_vm_readv: 2.10 a tick, 1.05 a sample');
  assert.equal(beside, "  1,900 ticks on the target's processor");
  assert.match(cpu ?? '', /^ {2}CPU: \d+\.\d ms user, \d+\.\d ms system, \d+\.\d\d % of a core$/);
  const [, now, most] = /^ {2}memory: ([\d.]+) MiB resident, ([\d.]+) MiB at most$/.exec(memory ?? '') ?? [];
  assert.ok(Number(now) > 10 && Number(most) >= Number(now) - 1, memory);
});

test('of the kernel reader nothing is told that only a clock of our own has', () => {
  const report = debugReport();
  report.onBatch(batch([2.5e6], 800));
  const text = report.text({ ...meta, reader: 'kernel' });
  const [, ticks, samples, reads, cpu] = text.split('\n');
  assert.equal(
    ticks,
    "  2,000 ticks of threads' clocks in 2.00 s at 1,000 a second of their time on processors",
  );
  assert.equal(samples, '  4,000 samples with waits, 1 lost');
  assert.equal(reads, '  800 calls of process_vm_readv: 400 a second');
  assert.match(cpu ?? '', /^ {2}CPU: /);
  assert.doesNotMatch(text, /late|missed/);
});

test('a recording without samples has no first one', () => {
  const report = debugReport();
  report.onBatch(batch([], 7));
  assert.match(report.text(meta), /^debug: no sample\n/);
});
