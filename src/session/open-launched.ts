import { setTimeout as sleep } from 'node:timers/promises';
import { HeavyopsError } from '../errors.js';
import { executableOf } from '../target/process.js';
import { openTarget, type Target } from '../target/target.js';
import type { Launched } from './launch.js';

/**
 * Waits until a program that was started is a Python: a wrapper (a shell script, env, a version manager) may take
 * its time before it runs Python in its own place.
 *
 * @param onOther called when the program is something else so far, once
 * @param patience milliseconds to wait for a program that is something else; without it until it ends
 * @returns nothing when it has ended before, or is still something else
 * @throws HeavyopsError as `openTarget`, save for NOT_PYTHON
 */
export async function openLaunched(
  program: Launched,
  onOther: (error: HeavyopsError) => void,
  patience = Number.POSITIVE_INFINITY,
): Promise<Target | undefined> {
  const end = performance.now() + patience;
  for (let told = false; !program.ended.aborted && performance.now() < end; ) {
    const executable = executableOf(program.pid);
    try {
      return await openTarget(program.pid, { waitFor: longestStart });
    } catch (error) {
      if (!(error instanceof HeavyopsError)) throw error;
      if (error.code === 'NO_SUCH_PROCESS' || error.code === 'ZOMBIE') {
        await program.exitCode; // Until it is known here, too, that it has ended.
        return undefined;
      }
      if (error.code !== 'NOT_PYTHON') throw error;
      if (!told) onOther(error);
      told = true;
      await otherExecutable(program, executable, end);
    }
  }
  return undefined;
}

/** Milliseconds that a Python may take until it has an interpreter, on a busy machine. */
const longestStart = 30_000;

async function otherExecutable(
  program: Launched,
  executable: string | undefined,
  end: number,
): Promise<void> {
  while (!program.ended.aborted && executableOf(program.pid) === executable && performance.now() < end) {
    await sleep(pollInterval);
  }
}

const pollInterval = 50;
