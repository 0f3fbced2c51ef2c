import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Ending } from './target.js';

/** How a command ended, and all that it wrote. */
export interface Finished {
  /** Nothing when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs until it ends, or the test does. */
export interface RunningCommand {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** What it has written so far. */
  readonly output: { readonly stdout: string; readonly stderr: string };
}

const main = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

/** Starts heavyops with these arguments, and ends it with the test where it has not ended by itself. */
export function startHeavyops(
  test: Ending,
  args: readonly string[],
  options: SpawnOptions & { readonly main?: string } = {},
): RunningCommand {
  return startCommand(test, [process.execPath, options.main ?? main, ...args], options);
}

/** Runs heavyops to its end. */
export function heavyops(
  test: Ending,
  args: readonly string[],
  options: SpawnOptions & { readonly main?: string } = {},
): Promise<Finished> {
  return startHeavyops(test, args, options).finished;
}

/** Starts any command; the kernel ends it when this process dies without having ended it. */
export function startCommand(
  test: Ending,
  command: readonly string[],
  options: SpawnOptions = {},
): RunningCommand {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, ...output }));
  });
  finished.catch(() => {}); // Whoever waits for it gets to know.
  const impatience = setTimeout(() => child.kill('SIGKILL'), patience);
  test.after(async () => {
    clearTimeout(impatience);
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    // A program that it has started can have them open still, and then 'close' would wait for that one's end.
    child.stdout?.destroy();
    child.stderr?.destroy();
    await finished;
  });
  return { pid: child.pid ?? 0, child, finished, output };
}

/** Milliseconds that no command of a test takes, unless it hangs. */
const patience = 120_000;

/** Waits until `condition` holds, and fails after a minute. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 60_000; !(await condition()); await sleep(10)) {
    if (performance.now() > end) throw new Error(`in a minute it did not come to this: ${what}`);
  }
}

/** Waits until a heavyops samples: its sampling thread has a name of its own. */
export async function untilSampling({ pid, child, output }: RunningCommand): Promise<void> {
  await until('heavyops samples', () => {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${output.stderr}`);
    return threadNames(pid).includes('heavyops');
  });
}

function threadNames(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    try {
      return readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trim();
    } catch {
      return ''; // It has ended since.
    }
  });
}
