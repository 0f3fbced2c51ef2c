import { HeavyopsError } from '../errors.js';
import type { Profile, ProfileMeta } from '../profile/profile.js';
import { checkReader, type ReaderChoice } from '../session/reader-choice.js';
import { type RecordProgress, record } from '../session/record.js';
import type { Target } from '../target/target.js';
import { checkOutputs, keepsProgramText } from './check-outputs.js';
import {
  modeFilter,
  type OutputValues,
  type SamplingValues,
  standardOutput,
  type TableValues,
  type ViewValues,
  viewOf,
} from './options.js';
import type { OutputFile } from './output-files.js';
import { note } from './standard-streams.js';

export type RecordingValues = SamplingValues & ViewValues & TableValues & OutputValues;

/**
 * Refuses options that leave nothing to show, or two things where one can be.
 *
 * @param stream that the tables are for: standard output or standard error
 * @throws HeavyopsError USAGE
 */
export function checkRecording(values: RecordingValues, stream: 1 | 2 = 1): void {
  const { output, rate, processor, offCpu, waitThreshold } = values;
  if (waitThreshold !== undefined && offCpu !== true) {
    throw new HeavyopsError(
      'USAGE',
      '--wait-threshold is of the waits, which are recorded only with --off-cpu',
      'Add --off-cpu, or leave --wait-threshold out.',
    );
  }
  modeFilter(values);
  checkReader({ reader: readerOf(values), rate, processor, leastWait: leastWaitOf(values) });
  checkOutputs(output, values, 'sampled', stream);
}

/**
 * `--blocking` is another name for `--reader stopped`.
 *
 * @throws HeavyopsError USAGE
 */
function readerOf({ reader, blocking }: SamplingValues): ReaderChoice {
  if (blocking !== true) return reader;
  if (reader !== 'auto' && reader !== 'stopped') {
    throw new HeavyopsError(
      'USAGE',
      `--blocking stops the process for each sample, which the reader "${reader}" does not`,
      'Leave one of --blocking and --reader out.',
    );
  }
  return 'stopped';
}

/** Milliseconds; nothing where waits are not asked for. */
function leastWaitOf({ offCpu, waitThreshold }: SamplingValues): number | undefined {
  return offCpu === true ? (waitThreshold ?? usualThreshold) : undefined;
}

/** Milliseconds: shorter waits are most of them, and little of the time. */
const usualThreshold = 1;

/** Opens the files to write. What writes them is loaded only when there is one. */
export async function outputsOf({ output, format, offCpu }: RecordingValues): Promise<readonly OutputFile[]> {
  if (output.length === 0 && format === undefined) return [];
  const { openOutputs } = await import('./output-files.js');
  return openOutputs(output, format, offCpu === true ? 'both' : 'ran');
}

/**
 * Samples a target, until `signal` comes at the latest.
 *
 * @param outputs what is to be written of it
 */
export async function sample(
  target: Target,
  values: RecordingValues,
  outputs: readonly OutputFile[],
  signal: AbortSignal,
  onProgress?: ((progress: RecordProgress) => void) | undefined,
): Promise<Profile> {
  if (values.instructions.length > 0) {
    const { checkInstructions } = await import('./instructions.js');
    checkInstructions(target.version.text, values.instructions);
  }
  const report = isDebugging() ? (await import('./debug-report.js')).debugReport() : undefined;
  const profile = await record(target, {
    rate: values.rate,
    reader: readerOf(values),
    processor: values.processor,
    leastWait: leastWaitOf(values),
    subprocesses: values.subprocesses === true,
    programText: keepsProgramText(outputs, values),
    signal,
    ...(values.duration === undefined ? {} : { duration: values.duration }),
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(report === undefined ? {} : { onBatch: report.onBatch }),
  });
  if (report !== undefined) note(report.text(profile.meta));
  return profile;
}

/** HEAVYOPS_DEBUG=1: see docs/performance.md. */
function isDebugging(): boolean {
  return !['', '0', undefined].includes(process.env.HEAVYOPS_DEBUG);
}

/**
 * Writes the files. Each one that can be written is, even when another cannot.
 *
 * @returns the exit code
 * @throws HeavyopsError NO_SAMPLES, then there is no file
 */
export async function writeOutputs(
  profile: Profile,
  outputs: readonly OutputFile[],
  values: RecordingValues,
): Promise<number> {
  if (isEmpty(profile)) throw nothingSampled(profile);
  if (outputs.length === 0) return 0;
  const { writeEach } = await import('./output-files.js');
  return writeEach(outputs, profile, viewOf(values), values.quiet !== true);
}

/**
 * Prints the tables, unless the profile itself is there.
 *
 * @param stream standard output or standard error
 */
export async function printRecording(
  profile: Profile,
  values: RecordingValues,
  stream: 1 | 2 = 1,
): Promise<void> {
  const { printTables } = await import('./print.js');
  const quiet = values.quiet === true || (stream === 1 && values.output.includes(standardOutput));
  const tables = values.offCpu === true ? 'both' : 'ran';
  printTables(profile, viewOf(values), { ...values, quiet, tables }, stream);
}

/** Neither samples nor, by the kernel reader, a wait without a tick in it. */
export function isEmpty({ meta, samples }: Profile): boolean {
  return meta.counters.samples === 0 && samples.length === 0;
}

function nothingSampled({ meta }: Profile): HeavyopsError {
  const { pid } = meta.target;
  const { message, hint } = reasonsForNothing[meta.ended];
  return new HeavyopsError('NO_SAMPLES', message, hint.replaceAll('PID', String(pid)));
}

const reasonsForNothing: Readonly<Record<ProfileMeta['ended'], { message: string; hint: string }>> = {
  'target-ended': {
    message: 'the process ended before it could be sampled',
    hint: 'To watch a program from its first instruction on: heavyops run -- python3 app.py',
  },
  'target-exec': {
    message: 'the process began to run another program before it could be sampled',
    hint: 'If that is a Python, too: heavyops attach PID',
  },
  interrupted: {
    message: 'it was interrupted before anything was sampled',
    hint: 'Give it some more time, or sample more often with -r.',
  },
  duration: {
    message: 'nothing was sampled in that time',
    hint: 'Sample longer with -d, or more often with -r; or see what its threads do: heavyops dump PID',
  },
};
