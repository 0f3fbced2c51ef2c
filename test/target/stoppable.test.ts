import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HeavyopsError } from '../../src/errors.js';
import { processStat } from '../../src/target/process.js';
import { refuseUnstoppable, stopRefused } from '../../src/target/stoppable.js';
import { startCommand } from '../helpers/heavyops.js';

test('a process that a signal has stopped is not stoppable until it goes on', async (t) => {
  const { pid } = startCommand(t, ['sleep', '60']);
  refuseUnstoppable(pid);
  process.kill(pid, 'SIGSTOP');
  while (processStat(pid)?.state !== 'T') await sleep(2);
  assert.throws(
    () => refuseUnstoppable(pid),
    (error) =>
      error instanceof HeavyopsError && error.code === 'NOT_STOPPABLE' && /kill -CONT/.test(error.hint),
  );
  process.kill(pid, 'SIGCONT');
  while (processStat(pid)?.state === 'T') await sleep(2);
  refuseUnstoppable(pid);
});

test('what the kernel answers is told as what it means', () => {
  const [EPERM, ESRCH, EIO] = [1, 3, 5];
  assert.equal(stopRefused(process.pid, ESRCH).code, 'NO_SUCH_PROCESS');
  assert.match(stopRefused(process.pid, EPERM).hint, /seccomp/);
  const other = stopRefused(process.pid, EIO);
  assert.equal(other.code, 'NOT_STOPPABLE');
  assert.match(other.message, /EIO/);
});
