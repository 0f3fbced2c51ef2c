import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../steps.mjs';
import { startedOn } from './processors.mjs';
import { pointerAt } from './target-memory.mjs';

/**
 * @typedef {object} Stop where a thread's processor stood
 * @property {number} pc
 * @property {number} sp
 * @property {number} burst of a trace; its instructions follow one another
 * @property {number} frame in a trace: what the thread's pointer to its current frame was; 0 where nobody looked
 * @property {readonly number[]} found the innermost words of its stack that point into the interpreter's code, if it
 *   stood elsewhere; only for some instructions of a trace
 */

/** @typedef {{ functions: readonly { start: number, end: number }[] }} Code the interpreter's */

const run = promisify(execFile);
const source = join(root, 'scripts/opcode-truth/stops.cc');
const program = join(root, 'build/opcode-truth/stops');
/** Where no pointer is looked at. */
const nobody = { word: 0, offset: -1 };
const stopSize = 80;

/** Stops a process at random times. @param {number} pid @param {number} count @param {number} microseconds between
 * two stops, on average @param {Code} code @param {number} processor */
export function sampleStops(pid, count, microseconds, code, processor) {
  return stops('sample', pid, count, microseconds, nobody, code, processor);
}

/** Follows a process from one machine instruction to the next. @param {number} pid @param {number} count
 * @param {number} bursts pieces that lie apart in time @param {import('./current-frame.mjs').Pointer | undefined} frame
 * @param {Code} code @param {number} processor */
export function traceInstructions(pid, count, bursts, frame, code, processor) {
  return stops('trace', pid, count, bursts, frame ?? nobody, code, processor);
}

/**
 * @param {string} what
 * @param {number} pid
 * @param {number} count
 * @param {number} each
 * @param {import('./current-frame.mjs').Pointer} frame
 * @param {Code} code
 * @param {number} processor
 * @returns {Promise<readonly Stop[]>}
 */
async function stops(what, pid, count, each, frame, { functions }, processor) {
  build();
  const bounds = functions.flatMap(({ start, end }) => [start.toString(16), end.toString(16)]);
  const args = [
    ...startedOn(processor).slice(1),
    program,
    what,
    String(pid),
    String(count),
    String(each),
    frame.word.toString(16),
    frame.offset.toString(16),
    ...bounds,
  ];
  const options = { encoding: /** @type {const} */ ('buffer'), maxBuffer: (count + 1) * stopSize };
  const { stdout } = await run('taskset', args, options);
  return Array.from({ length: stdout.length / stopSize }, (_, index) => stopAt(stdout, index * stopSize));
}

/** @param {Buffer} bytes @param {number} offset @returns {Stop} */
function stopAt(bytes, offset) {
  /** @type {number[]} */
  const found = [];
  for (let at = offset + 32; at < offset + stopSize; at += 8) {
    const word = pointerAt(bytes, at);
    if (word !== 0) found.push(word);
  }
  return {
    pc: pointerAt(bytes, offset),
    sp: pointerAt(bytes, offset + 8),
    burst: pointerAt(bytes, offset + 16),
    frame: pointerAt(bytes, offset + 24),
    found,
  };
}

function build() {
  if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) return;
  mkdirSync(join(program, '..'), { recursive: true });
  const [compiler = '', ...flags] = (process.env.CXX || 'g++').split(' ');
  execFileSync(compiler, [...flags, '-std=c++17', '-O2', '-Wall', '-Wextra', '-o', program, source]);
}
