/**
 * Samples a program of known stacks by the kernel reader, on each interpreter in the file that HEAVYOPS_TEST_MACHINE names,
 * and prints a line for each. Fails where the kernel refuses, or where stacks were seen that cannot be.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTarget, record, SampleFlag, waitTotals } from '../../dist/src/index.js';
import { versionOf } from '../interpreters/find.mjs';
import { root } from '../steps.mjs';

/** Its threads run the two families of stacks of chains.py, and sleep. */
const program = `
import threading, time
def sleeper():
    while True:
        time.sleep(0.02)
threading.Thread(target=sleeper, daemon=True).start()
${readFileSync(join(root, 'test/targets/chains.py'), 'utf8')}`;
/** How many are waited for, so that a machine that is slow changes nothing; and for how long at most. */
const [ticksEach, longest] = [500, 60_000];

async function main() {
  const { interpreters } = JSON.parse(readFileSync(process.env.HEAVYOPS_TEST_MACHINE ?? '', 'utf8'));
  for (const interpreter of interpreters) await sample(interpreter);
}

/** @param {{ version: string, freeThreaded: boolean, command: readonly string[] }} interpreter */
async function sample(interpreter) {
  const [file = '', ...args] = interpreter.command;
  const child = spawn(file, [...args, '-c', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(child.stdout, 'data'); // "ready"
    const target = await openTarget(child.pid ?? 0);
    const enough = new AbortController();
    const profile = await record(target, {
      ...{ rate: 1000, reader: 'kernel', leastWait: 1, duration: longest, signal: enough.signal },
      onProgress: (progress) => progress.ticks >= ticksEach && enough.abort(),
    });
    const { chains, impossible } = judged(profile);
    const { ticks, unreadable } = profile.meta.counters;
    const waits = new Set(waitTotals(profile, {}).rows.map(({ kind }) => kind));
    console.log(
      `  ${versionOf(interpreter)}: ${ticks} ticks, ${chains} samples of chains, ${impossible} impossible,`,
      `${unreadable} unreadable; waits for ${[...waits].join(', ')}`,
    );
    if (ticks < ticksEach || chains === 0 || impossible > 0) process.exitCode = 1;
  } catch (error) {
    process.exitCode = 1;
    console.log(`  ${versionOf(interpreter)}: ${error}\n${error.hint ?? ''}`);
  } finally {
    child.kill('SIGKILL');
  }
}

/** How many samples of a thread that ran are of one chain, and of two at once. @param {import('../../dist/src/index.js').Profile} profile */
function judged({ samples, stacks, frames, codes, strings }) {
  let chains = 0;
  let impossible = 0;
  for (let row = 0; row < samples.length; row++) {
    if ((samples.flags[row] & SampleFlag.Active) === 0) continue;
    const families = new Set();
    for (let stack = samples.stack[row]; stack >= 0; stack = stacks.parent[stack]) {
      const name = strings[codes.name[frames.code[stacks.frame[stack]]]];
      if (/^[abc][12]$/.test(name)) families.add(name[1]);
    }
    if (families.size === 1) chains += samples.count[row];
    if (families.size === 2) impossible += samples.count[row];
  }
  return { chains, impossible };
}

await main();
