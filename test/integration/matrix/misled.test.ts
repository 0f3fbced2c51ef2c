import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { interpreters, label } from '../../helpers/interpreters.js';
import { startTarget } from '../../helpers/target.js';

const script = fileURLToPath(new URL('../../helpers/misled-sampler.js', import.meta.url));
const configurations = 200;
/** Milliseconds: thousands of times what a tick takes; something has gone round in a circle. */
const patience = 60_000;
const mostMebibytes = 700;

interpreters().forEach((interpreter, index) => {
  test(`a sampler that is misled about ${label(interpreter)} neither crashes nor hangs`, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'threads.py');
    const said = await sampleMisled(t, pid, index * configurations);
    const { sampled, mebibytes } = JSON.parse(said.slice(said.indexOf('{'))) as Record<string, number>;
    t.diagnostic(`${sampled} of ${configurations} were not refused; ${mebibytes} MiB`);
    assert.ok((sampled ?? 0) >= configurations / 4, `only ${sampled} were not refused`);
    assert.ok((mebibytes ?? Infinity) < mostMebibytes, `${mebibytes} MiB`);
  });
});

/** Runs it in a process of its own; what it said ends with the seed that it was at. */
async function sampleMisled(test: TestContext, pid: number, first: number): Promise<string> {
  const args = [script, pid, first, configurations].map(String);
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  test.after(() => child.kill('SIGKILL'));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const impatience = setTimeout(() => child.kill('SIGKILL'), patience);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearTimeout(impatience);
  assert.deepEqual([code, signal], [0, null], `at configuration ${said.trim().split(' ').at(-1)}`);
  return said;
}
