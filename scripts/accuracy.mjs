/**
 * How true samples of a running target are: takes stacks of a program while it is stopped for each one, then while it
 * runs, and prints both distributions with their total variation distance. The program is started, stopped (SIGSTOP)
 * and ended here; heavyops itself never stops a target.
 *
 *   node scripts/accuracy.mjs chains.py [ARGUMENT…] [--stopped 5000] [--seconds 5] [--rate 5000] [--version 3.14]… [--pin]
 *
 * --pin keeps the program and the sampler on two different processors: the hard case, since a sampler that wakes on
 * the target's own processor reads while the target waits.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { native } from '../dist/src/native.js';
import { opcodeTable } from '../dist/src/python/opcodes.js';
import { samplerConfig } from '../dist/src/session/sampler-config.js';
import { openTarget } from '../dist/src/target/target.js';
import { findInterpreters } from './interpreters/find.mjs';
import { fail, root } from './steps.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    stopped: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '5' },
    rate: { type: 'string', default: '5000' },
    version: { type: 'string', multiple: true, default: [] },
    pin: { type: 'boolean', default: false },
  },
});
const program = join(root, 'test/targets', basename(positionals[0] ?? 'chains.py'));
const instants = Number(values.stopped);

async function main() {
  const { interpreters } = await findInterpreters();
  for (const interpreter of interpreters) {
    const wanted =
      values.version.length === 0 || values.version.some((one) => interpreter.version.startsWith(one));
    if (wanted) await compare(interpreter);
  }
}

/** @param {Awaited<ReturnType<typeof findInterpreters>>['interpreters'][number]} interpreter */
async function compare(interpreter) {
  const folder = mkdtempSync(join(interpreter.root, tmpdir(), 'heavyops-accuracy-'));
  const inside = join(
    '/',
    folder.slice(interpreter.root === '/' ? 0 : interpreter.root.length),
    basename(program),
  );
  copyFileSync(program, join(folder, basename(program)));
  const pinned = (processor) => (values.pin ? ['taskset', '-c', String(processor)] : []);
  const [command = '', ...args] = [...pinned(0), ...interpreter.command, inside, ...positionals.slice(1)];
  const child = spawn(command, args, { stdio: 'ignore' });
  try {
    await sleep(1000); // long enough for every instruction to be specialised
    const target = await openTarget(child.pid ?? 0);
    const stopped = await sampleStopped(target);
    const running = await sampleRunning(target);
    print(interpreter, stopped, running);
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

async function sampleStopped(target) {
  const sampler = new (native().Sampler)(samplerConfig(target, { rate: 1000 }));
  const seen = new Distribution(target);
  for (let taken = 0; taken < instants; taken++) {
    process.kill(target.pid, 'SIGSTOP');
    while (stateOf(target.pid) !== 'T');
    sampler.sampleOnce();
    process.kill(target.pid, 'SIGCONT');
    await sleep(Math.random() * 2);
    if (taken % 256 === 255) seen.add(sampler.drain());
  }
  seen.add(sampler.drain());
  return seen;
}

async function sampleRunning(target) {
  const sampler = new (native().Sampler)(samplerConfig(target, { rate: Number(values.rate) }));
  const seen = new Distribution(target);
  sampler.start();
  const end = Date.now() + Number(values.seconds) * 1000;
  while (Date.now() < end) {
    await sleep(200);
    seen.add(sampler.drain());
  }
  sampler.stop();
  seen.add(sampler.drain());
  return seen;
}

const stateOf = (pid) => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.[0];

/** How often each stack, and each leaf instruction, was seen. */
class Distribution {
  stacks = new Map();
  instructions = new Map();
  total = 0;
  counters;
  #opcodes;
  #codes = [];
  #frames = [];
  #stacks = [];

  constructor(target) {
    this.#opcodes = opcodeTable(target.version);
  }

  add({ codes, frames, stacks, samples, counters }) {
    this.counters = counters;
    this.#codes.push(...codes);
    for (const code of frames.code) this.#frames.push(this.#codes[code].name);
    stacks.parent.forEach((parent, row) => {
      const name = this.#frames[stacks.frame[row]];
      this.#stacks.push(parent < 0 ? name : `${this.#stacks[parent]} > ${name}`);
    });
    samples.stack.forEach((stack, row) => {
      const count = samples.count[row];
      this.total += count;
      raise(this.stacks, this.#stacks[stack] ?? '(unreadable)', count);
      raise(this.instructions, this.#opcodes.name(samples.opcode[row]), count);
    });
  }
}

function raise(map, key, by) {
  map.set(key, (map.get(key) ?? 0) + by);
}

function distance(a, b, key) {
  const keys = new Set([...a[key].keys(), ...b[key].keys()]);
  const share = (one, name) => (one[key].get(name) ?? 0) / one.total;
  return [...keys].reduce((sum, name) => sum + Math.abs(share(a, name) - share(b, name)), 0) / 2;
}

function print(interpreter, stopped, running) {
  const percent = (share) => `${(100 * share).toFixed(2)} %`.padStart(9);
  const { unreadable, repaired } = running.counters;
  console.log(
    `\n${interpreter.version}: distance of stacks ${percent(distance(stopped, running, 'stacks'))}, of leaf instructions` +
      ` ${percent(distance(stopped, running, 'instructions'))}; ${stopped.total} stopped, ${running.total} running,` +
      ` ${repaired} repaired, ${unreadable} unreadable`,
  );
  const rows = [...running.stacks].sort((a, b) => b[1] - a[1]).slice(0, 14);
  for (const [stack, count] of rows) {
    const before = (stopped.stacks.get(stack) ?? 0) / stopped.total;
    console.log(`  ${percent(before)} stopped ${percent(count / running.total)} running  ${stack}`);
  }
}

await main().catch(fail);
