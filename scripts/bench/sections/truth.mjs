import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { openTarget } from '../../../dist/src/target/target.js';
import { mixed } from '../../accuracy/distribution.mjs';
import { sampleStopped } from '../../accuracy/sampled.mjs';
import { versionOf } from '../../interpreters/find.mjs';
import { attempt } from '../bout.mjs';
import { figure, TableBuilder } from '../results.mjs';
import { runTool } from '../run.mjs';
import { distance } from '../statistics.mjs';
import { startTarget } from '../targets.mjs';

/**
 * How near each profiler's samples of a running program are to those of the same program while it is stopped for each
 * one (SIGSTOP). `chains.py` has quick functions only, and no stack with both digits in it. All are asked for the same
 * rate, the default one of heavyops; its default reader also for the highest that it takes.
 *
 * @param {import('../bout.mjs').Bench} bench
 */
export async function truth(bench) {
  const head = { section: 'truth', better: /** @type {const} */ ('less') };
  const far = new TableBuilder({
    ...head,
    title: 'Distance from the stopped program, chains.py',
    unit: '% (total variation distance of stacks)',
  });
  const impossible = new TableBuilder({ ...head, title: 'Stacks that never existed', unit: '% of samples' });
  const dropped = new TableBuilder({ ...head, title: 'Samples dropped or unreadable', unit: '% of samples' });
  const taken = new TableBuilder({
    ...head,
    better: 'more',
    title: `Samples that came of ${figure(asked)} asked a second`,
    plain: true,
    unit: 'a second',
  });
  for (let round = 0; round < bench.rounds; round++) {
    for (const interpreter of bench.interpreters) {
      const version = versionOf(interpreter);
      const target = await startTarget(interpreter, 'test/targets/chains.py', []);
      try {
        const stopped = await stoppedStacks(target.pid, bench.quick ? 1000 : 12_000);
        for (const placing of placings) {
          const row = `${version}, ${placing.name}`;
          far.add(row, 'half of the stopped samples', 'reference', 100 * distance(...halves(stopped)));
          execFileSync('taskset', ['-a', '-cp', placing.target, String(target.pid)], { stdio: 'pipe' });
          await each(row, target, stopped, placing);
        }
      } finally {
        await target.stop();
      }
    }
  }
  return [far, impossible, dropped, taken].map((table) => table.table());

  /**
   * @param {string} row
   * @param {import('../targets.mjs').Target} target
   * @param {ReadonlyMap<string, number>} stopped
   * @param {typeof placings[number]} placing
   */
  async function each(row, target, stopped, { processor }) {
    for (const tool of bench.tools.filter((one) => one.refuses(target.interpreter) === undefined)) {
      for (const way of tool.kind === 'ours' && processor === undefined ? ways : ways.slice(0, 1)) {
        const { blocking, rate, seconds } = way;
        const column = `${tool.name}${way.name}`;
        const kind = way.name === '' ? tool.kind : 'variant';
        const job = { target, rate, seconds: bench.quick ? 2 : seconds, output: 'truth', blocking };
        await attempt(far, `${column}, ${row}`, async () => {
          const { counted } = await runTool(tool, processor === undefined ? job : { ...job, processor });
          far.add(row, column, kind, 100 * distance(stopped, counted.stacks));
          impossible.add(row, column, kind, (100 * mixed(counted.stacks)) / counted.samples);
          dropped.add(row, column, kind, (100 * counted.failed) / (counted.samples + counted.failed));
          if (rate === asked)
            taken.add(row, column, kind, (counted.ticks ?? counted.samples) / counted.seconds);
        });
      }
    }
  }
}

const asked = 1000; // samples a second

/**
 * The first is that of every tool. A rival's blocking mode is true to within its own reading, and as slow as the "target"
 * section shows.
 */
const ways = [
  { name: '', rate: asked, seconds: 12, blocking: false },
  { name: ' at 10 kHz', rate: 10_000, seconds: 3, blocking: false },
  { name: ', blocking', rate: asked, seconds: 12, blocking: true },
];

/** Where target and profiler run. A profiler that wakes on its target's own processor reads while that waits. */
const placings = [
  { name: 'apart', target: '0', processor: 1 },
  { name: 'as it comes', target: `0-${availableParallelism() - 1}`, processor: undefined },
];

/** @param {number} pid @param {number} instants @returns {Promise<Map<string, number>>} */
async function stoppedStacks(pid, instants) {
  const seen = await sampleStopped(await openTarget(pid), instants);
  return new Map([...seen.stacks].map(([stack, count]) => [stack.replaceAll(' > ', ';'), count]));
}

/** What two sets of true samples differ by for no other reason than their number. @param {Map<string, number>} stacks */
function halves(stacks) {
  const all = [...stacks].flatMap(([stack, count]) => Array.from({ length: count }, () => stack));
  const parts = /** @type {[Map<string, number>, Map<string, number>]} */ ([new Map(), new Map()]);
  for (const stack of all) {
    const part = parts[Math.random() < 0.5 ? 0 : 1];
    part.set(stack, (part.get(stack) ?? 0) + 1);
  }
  return parts;
}
