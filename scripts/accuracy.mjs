/**
 * How true samples of a running target are: takes stacks of a program while it is stopped for each one, then while it
 * runs, and prints both distributions with their total variation distance. The program is started, stopped (SIGSTOP)
 * and ended here; heavyops itself never stops a target.
 *
 *   node scripts/accuracy.mjs chains.py [ARGUMENT…] [--stopped 5000] [--samples 20000] [--rate 5000]… [--version 3.14]…
 *     [--pin] [--reader kernel|memory|stopped] [--processor auto|target|other]
 *
 * --reader and --processor are those of the running program's samples: memory and auto without them.
 * --pin keeps the program and the sampler on two different processors: the hard case, since a sampler that wakes on
 * the target's own processor reads while the target waits.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openTarget } from '../dist/src/target/target.js';
import { distance, mixed } from './accuracy/distribution.mjs';
import { sampleRunning, sampleStopped } from './accuracy/sampled.mjs';
import { distanceByChance } from './bench/statistics.mjs';
import { findInterpreters } from './interpreters/find.mjs';
import { keepOn, startedOn, twoProcessors } from './opcode-truth/processors.mjs';
import { fail, root } from './steps.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    stopped: { type: 'string', default: '5000' },
    samples: { type: 'string', default: '20000' },
    rate: { type: 'string', multiple: true, default: ['5000'] },
    version: { type: 'string', multiple: true, default: [] },
    pin: { type: 'boolean', default: false },
    reader: { type: 'string', default: 'memory' },
    processor: { type: 'string', default: 'auto' },
  },
});
const known = { reader: ['kernel', 'memory', 'stopped'], processor: ['auto', 'target', 'other'] };
for (const [option, names] of Object.entries(known)) {
  if (names.includes(values[option])) continue;
  console.error(`--${option} is one of ${names.join(', ')}, not "${values[option]}".`);
  process.exit(2);
}
const program = join(root, 'test/targets', basename(positionals[0] ?? 'chains.py'));
const instants = Number(values.stopped);

const processors = values.pin ? twoProcessors() : undefined;

async function main() {
  if (processors !== undefined) keepOn(processors.own);
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
  const pinned = processors === undefined ? [] : startedOn(processors.watched);
  const [command = '', ...args] = [...pinned, ...interpreter.command, inside, ...positionals.slice(1)];
  const child = spawn(command, args, { stdio: 'ignore' });
  try {
    await sleep(1000); // long enough for every instruction to be specialised
    const target = await openTarget(child.pid ?? 0);
    const stopped = await sampleStopped(target, instants);
    for (const rate of values.rate.map(Number)) {
      const { reader, processor } = values;
      const running = await sampleRunning(target, {
        rate,
        samples: Number(values.samples),
        reader,
        processor,
      });
      print(interpreter, rate, stopped, running);
    }
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

function print(interpreter, rate, stopped, running) {
  const percent = (share) => `${(100 * share).toFixed(2)} %`.padStart(9);
  const distances = [
    ['stacks', 'stacks'],
    ['leaf instructions', 'instructions'],
  ].map(([name, key = '']) => {
    const chance = percent(distanceByChance(stopped[key], running[key])).trim();
    return `${name} ${percent(distance(stopped, running, key)).trim()} (${chance} by chance)`;
  });
  const { unreadable, repaired, undecided, lost } = running.counters;
  const impossible = basename(program) === 'chains.py' ? ` ${mixed(running.stacks)} impossible,` : '';
  console.log(
    `\n${interpreter.version}${interpreter.freeThreaded ? 't' : ''} at ${rate} Hz: distance of ${distances.join(', of ')}; ${stopped.total} stopped, ${running.total} running,` +
      `${impossible} ${repaired} repaired, ${undecided} undecided, ${unreadable} unreadable, ${lost} lost`,
  );
  const rows = [...running.stacks].sort((a, b) => b[1] - a[1]).slice(0, 14);
  for (const [stack, count] of rows) {
    const before = (stopped.stacks.get(stack) ?? 0) / stopped.total;
    console.log(`  ${percent(before)} stopped ${percent(count / running.total)} running  ${stack}`);
  }
}

await main().catch(fail);
