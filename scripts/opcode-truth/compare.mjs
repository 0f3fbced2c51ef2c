import { opcodeTable } from '../../dist/src/python/opcodes.js';
import { attribute, misattributed } from './attribute.mjs';
import { currentFrame } from './current-frame.mjs';
import { added, differences, total } from './differences.mjs';
import { findDispatchTable } from './dispatch-table.mjs';
import { seenByHeavyops } from './histogram.mjs';
import { InterpreterCode } from './interpreter-code.mjs';
import { learn } from './learn.mjs';
import { sampleStops, traceInstructions } from './stops.mjs';
import { TargetMemory } from './target-memory.mjs';

/** Microseconds between two stops: a stop costs the target some 50, and the caches have to be warm again. */
const pause = 40;
/**
 * Machine instructions, in pieces that lie apart in time. Each piece has to be longer than a turn of the program's loop
 * (mixture.py: 2,500 of them up to 3.10): it learns of calls only whose beginning and end are both in it.
 */
const traced = 30_000;
const bursts = 4;

/**
 * @typedef {object} Options
 * @property {number} stops
 * @property {number} samples
 * @property {number} rounds in which stops and samples take turns, so that what drifts drifts past both
 * @property {'memory' | 'kernel'} reader of the samples
 * @property {boolean} apart whether to sample from another processor too; the kernel reader never does
 * @property {{ watched: number, own: number }} processors the target's, and this process's
 */

/** @typedef {Omit<import('./differences.mjs').Difference, 'opcode'> & { opcode: string }} Row */
/** @typedef {Awaited<ReturnType<typeof compare>>} Comparison */

/** @param {import('../../dist/src/target/target.js').Target} target @param {Options} options */
export async function compare(target, { stops: wanted, samples, rounds: turns, reader, apart, processors }) {
  const { pid, version } = target;
  const { watched, own } = processors;
  const code = interpreterOf(pid);
  const trace = await traceInstructions(pid, traced, bursts, currentFrame(target), code, watched);
  const learned = learn(trace, code, { publishes: version.minor >= 11 });
  const stop = async () =>
    attribute(await sampleStops(pid, Math.ceil(wanted / turns), pause, code, watched), code, learned);
  const see = (/** @type {number} */ sampler) =>
    seenByHeavyops(target, Math.ceil(samples / turns), { reader, sampler, own });
  // What fetches the kernel reader's samples would only take the target's time.
  const beside = reader === 'kernel' ? own : watched;
  const rounds = [];
  for (let turn = 0; turn < turns; turn++) {
    const first = turn % 2 === 0 ? await stop() : undefined;
    const together = await see(beside);
    const elsewhere = apart ? await see(own) : new Map();
    rounds.push({ truth: first ?? (await stop()), together, apart: elsewhere });
  }

  /** @param {import('./learn.mjs').View} view @param {'together' | 'apart'} where */
  const against = (view, where) => {
    const rows = differences(
      rounds.map((round) => ({ truth: round.truth.counts[view], seen: round[where] })),
    );
    return rows.map((row) => ({ ...row, opcode: nameOf(version, row.opcode) }));
  };
  const stops = sum(rounds, ({ truth }) => truth.stops);
  return {
    /** Against the instruction whose handler runs. */
    handler: { together: against('handler', 'together'), apart: against('handler', 'apart') },
    /** Against the instruction that can be seen to run. */
    visible: { together: against('visible', 'together'), apart: against('visible', 'apart') },
    /** Against the instruction before: what a profiler would show that is late by one. */
    before: { together: against('before', 'together') },
    stops,
    samples: {
      together: total(added(rounds.map((round) => round.together))),
      apart: total(added(rounds.map((round) => round.apart))),
    },
    inside: sum(rounds, ({ truth }) => truth.inside) / stops,
    unattributed: sum(rounds, ({ truth }) => truth.unattributed) / stops,
    shared: sum(rounds, ({ truth }) => truth.shared) / stops,
    misattributed: misattributed(code, learned),
    dispatches: learned.dispatches,
  };
}

/** @param {number} pid */
function interpreterOf(pid) {
  const memory = new TargetMemory(pid);
  try {
    return new InterpreterCode(memory, findDispatchTable(memory));
  } finally {
    memory.close();
  }
}

/** @param {import('../../dist/src/python/version.js').PythonVersion} version @param {number} opcode */
function nameOf(version, opcode) {
  return opcode < 0 ? 'unreadable' : opcodeTable(version).name(opcode);
}

/** @template T @param {readonly T[]} rounds @param {(round: T) => number} value */
function sum(rounds, value) {
  return rounds.reduce((all, round) => all + value(round), 0);
}
