import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { native } from '../../src/native.js';
import { processorOf, timeOnProcessors } from '../../src/target/process.js';

/** As in "0-1". */
function allowed(): string {
  return /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/thread-self/status', 'utf8'))?.[1] ?? '';
}

test('a thread stays on a processor until it is let go, and then may run where it might before', () => {
  const before = allowed();
  const first = Number.parseInt(before, 10);
  assert.equal(native().stayOnProcessor(first), true);
  const meanwhile = allowed();
  const again = native().stayOnProcessor(first);
  assert.equal(native().stayOnProcessor(-1), true);
  assert.deepEqual([meanwhile, again, allowed()], [String(first), true, before]);
  // No machine has so many; nothing changes then.
  assert.equal(native().stayOnProcessor(100_000), false);
  assert.equal(allowed(), before);
  assert.equal(native().stayOnProcessor(-1), true);
  assert.equal(allowed(), before);
});

test('where a thread ran last, and for how long, is known as long as it is there', () => {
  const processor = processorOf(process.pid, process.pid);
  assert.ok(processor !== undefined && Number.isInteger(processor) && processor >= 0);
  assert.ok((timeOnProcessors(process.pid, process.pid) ?? 0n) > 0n);
  assert.equal(processorOf(process.pid, 1), undefined);
  assert.equal(timeOnProcessors(process.pid, 1), undefined);
});
