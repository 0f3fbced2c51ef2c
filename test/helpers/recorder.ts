import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadProfile } from '../../src/load/json.js';
import type { Profile } from '../../src/profile/profile.js';
import type { Reader } from '../../src/session/sampler-config.js';

const script = fileURLToPath(new URL('recorder-process.js', import.meta.url));

/**
 * Records a process from a process of its own, which ends with the test at the latest.
 *
 * @param meanwhile is called with the recorder's pid when it has begun; it ends the recording by its end
 */
export async function recordElsewhere(
  test: Pick<TestContext, 'after'>,
  pid: number,
  { rate, reader = 'memory' }: { readonly rate: number; readonly reader?: Reader },
  meanwhile: (recorder: number) => Promise<void>,
): Promise<Profile> {
  const args = [script, pid, rate, reader].map(String);
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, ...args]);
  test.after(() => child.kill('SIGKILL'));
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  const closed = once(child, 'close');
  const [said] = (await once(child.stderr, 'data')) as [Buffer];
  assert.equal(said.toString(), 'recording\n');
  await meanwhile(child.pid ?? 0);
  child.stdin.end();
  assert.deepEqual(await closed, [0, null]);
  return loadProfile(Buffer.concat(output));
}
