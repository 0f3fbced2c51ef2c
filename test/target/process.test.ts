import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childrenOf } from '../../src/target/children.js';
import {
  ageOf,
  commandLine,
  parseStat,
  parseStatus,
  processStat,
  processStatus,
  threadIds,
  threadName,
} from '../../src/target/process.js';

const tail = '34 34 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 1000 200 18446744073709551615 1 2 3';

test('stat is parsed whatever the name holds', () => {
  for (const name of ['python3', 'a b', ') R 1', '((', 'x\n)', '']) {
    assert.deepEqual(parseStat(`42 (${name}) S 7 ${tail}`), {
      pid: 42,
      name,
      state: 'S',
      parent: 7,
      isKernelThread: false,
      startTime: 4711,
    });
  }
});

test('a thread of the kernel is told by its flag', () => {
  const stat = parseStat(
    '2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 0 0 0 18446744073709551615',
  );
  assert.equal(stat?.isKernelThread, true);
});

test('a stat that is no stat is nothing', () => {
  for (const text of ['', '42', '42 (x', ')(', '42 (x) S 1', `x (x) S 1 ${tail}`]) {
    assert.equal(parseStat(text), undefined);
  }
});

test('status gives users, pids of each namespace, capabilities', () => {
  const text =
    'Name:\tNSpid:\t9\nTgid:\t300\nTracerPid:\t77\nUid:\t1000\t1001\t1002\t1003\nNSpid:\t300\t12\t1\nCapEff:\t00000000a80425fb\nSeccomp:\t2\n';
  assert.deepEqual(parseStatus(text), {
    threadGroup: 300,
    tracer: 77,
    users: [1000, 1001, 1002, 1003],
    namespacePids: [300, 12, 1],
    effectiveCapabilities: 0xa80425fbn,
    seccomp: 2,
  });
});

test('a status without any of its lines is empty', () => {
  assert.deepEqual(parseStatus(''), {
    threadGroup: 0,
    tracer: 0,
    users: [],
    namespacePids: [],
    effectiveCapabilities: 0n,
    seccomp: 0,
  });
});

test('this process is found with its parent, threads, command and age', () => {
  const stat = processStat(process.pid);
  assert.equal(stat?.parent, process.ppid);
  assert.equal(processStatus('self')?.threadGroup, process.pid);
  assert.ok(stat !== undefined && ageOf(stat) > 0 && ageOf(stat) < 24 * 3600);
  assert.equal(commandLine(process.pid)[0], process.argv0);
  assert.ok(threadIds(process.pid).size > 1);
  assert.equal(threadName(process.pid, process.pid), stat.name);
  assert.ok(childrenOf(process.ppid).includes(process.pid));
});

test('a process that is gone is nothing, not an error', () => {
  const gone = 2 ** 30;
  assert.equal(processStat(gone), undefined);
  assert.equal(processStatus(gone), undefined);
  assert.deepEqual(commandLine(gone), []);
  assert.deepEqual([...threadIds(gone)], []);
  assert.deepEqual(childrenOf(gone), []);
});
