import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { compiled } from './compiled.mjs';

/**
 * @typedef {object} Ended
 * @property {number} code its exit code; 128 + n after a signal
 * @property {number} cpu seconds of CPU, user and system, with the children that it waited for
 * @property {number} wall seconds from the start of the command to its end
 * @property {number} peak MiB: the most that was ever resident
 * @property {string} output both standard streams
 *
 * @typedef {object} Started
 * @property {number} pid of the command itself
 * @property {number} began by `performance.now()`
 * @property {Promise<Ended>} ended
 * @property {() => Promise<{ cpu: number, now: number }>} clock its CPU so far and the time, in seconds
 * @property {(pattern: RegExp, patience?: number) => Promise<number>} said when its output first matched, by `performance.now()`
 * @property {(signal: NodeJS.Signals) => void} kill
 */

/** What runs now, so that nothing is left behind. @type {Set<Started>} */
const running = new Set();

/** Ends what this module started and still runs, and waits until it is gone. */
export async function endAll() {
  const left = [...running];
  for (const one of left) one.kill('SIGKILL');
  await Promise.all(left.map(({ ended }) => ended));
}

/**
 * Starts a command that the kernel keeps account of (`native/measured.c`). It is killed when this process ends,
 * however it ends.
 *
 * @param {readonly string[]} command
 * @param {{ env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<Started>}
 */
export async function start(command, { env = {} } = {}) {
  const began = performance.now();
  const child = spawn(compiled('measured'), command, {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const lines = createInterface({ input: /** @type {import('node:stream').Readable} */ (child.stdio[3]) });
  /** @type {((line: string) => void)[]} */
  const asked = [];
  let over = false;
  let output = '';
  /** @type {Set<() => void>} */
  const watchers = new Set();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => {
      // A tool that complains all the time must not fill the memory: its first and its last words are what counts.
      output =
        output.length > 2_000_000 ? output.slice(0, 100_000) + output.slice(-100_000) + text : output + text;
      for (const watcher of watchers) watcher();
    });
  }
  child.stdin?.on('error', () => {});
  /** @type {string | undefined} */
  let last;
  let endedAt = 0;
  /** @type {Promise<string>} */
  const first = new Promise((resolve, reject) => {
    child.once('error', reject);
    lines.on('line', (line) => {
      if (line.startsWith('pid ')) resolve(line);
      else if (line.startsWith('end ')) {
        [last, endedAt] = [line, performance.now()];
      } else asked.shift()?.(line);
    });
  });
  /** @type {Promise<Ended>} */
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      over = true;
      for (const answer of asked.splice(0)) answer('');
      for (const watcher of watchers) watcher();
      const [, status, , user, , system, , peak] = (last ?? 'end 256 user 0 system 0 maxrss 0')
        .split(' ')
        .map(Number);
      resolve({
        code: codeOf(status ?? 256),
        cpu: ((user ?? 0) + (system ?? 0)) / 1e6,
        wall: (endedAt - began) / 1000,
        peak: (peak ?? 0) / 1024,
        output,
      });
    });
  });
  const pid = Number((await first).split(' ')[1]);
  /** @type {Started} */
  const started = {
    pid,
    began,
    ended: ended.finally(() => running.delete(started)),
    clock: () =>
      new Promise((resolve, reject) => {
        const answer = (/** @type {string} */ line) => {
          const [, cpu, , now] = line.split(' ').map(Number);
          if (now === undefined || Number.isNaN(now))
            reject(new Error(`it has ended: ${command.join(' ')}\n${output.slice(-2000)}`));
          else resolve({ cpu: (cpu ?? 0) / 1e9, now: now / 1e9 });
        };
        if (over) return answer('');
        asked.push(answer);
        child.stdin?.write('?');
      }),
    said: (pattern, patience = 60_000) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const matched = pattern.test(output);
          if (!matched && !over) return;
          watchers.delete(look);
          clearTimeout(timer);
          if (matched) resolve(performance.now());
          else
            reject(new Error(`${command.join(' ')} ended without saying ${pattern}\n${output.slice(-2000)}`));
        };
        const timer = setTimeout(() => {
          watchers.delete(look);
          reject(new Error(`${command.join(' ')} did not say ${pattern}\n${output.slice(-2000)}`));
        }, patience);
        watchers.add(look);
        look();
      }),
    kill: (signal) => {
      if (over || last !== undefined) return;
      try {
        process.kill(pid, signal);
      } catch {
        // It has just ended by itself.
      }
    },
  };
  running.add(started);
  return started;
}

/** An exit code of a status of wait(2). @param {number} status */
function codeOf(status) {
  return (status & 0x7f) === 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);
}
