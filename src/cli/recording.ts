import { HeavyopsError } from '../errors.js';
import type { Profile } from '../profile/profile.js';
import { record } from '../session/record.js';
import type { Target } from '../target/target.js';
import { ProgressLine } from '../terminal/progress.js';
import { checkInstructions } from './instructions.js';
import {
  type OutputValues,
  type SamplingValues,
  type TableValues,
  type ViewValues,
  viewOf,
} from './options.js';
import { type OutputFile, standardOutput } from './output-files.js';
import { printTables } from './print.js';

export type RecordingValues = SamplingValues & ViewValues & TableValues & OutputValues;

/** Samples a target with a line of progress, until `signal` comes at the latest. */
export async function sampleWithProgress(
  target: Target,
  values: RecordingValues,
  signal: AbortSignal,
): Promise<Profile> {
  checkInstructions(target.version.text, values.instructions);
  const line = new ProgressLine(process.stderr);
  const total = values.duration === undefined ? {} : { total: values.duration * 1e6 };
  try {
    return await record(target, {
      rate: values.rate,
      signal,
      ...(values.duration === undefined ? {} : { duration: values.duration }),
      onProgress: ({ elapsed, samples, ticks, errors }) => {
        if (values.quiet === true) return;
        line.update({ elapsed, samples, errors, rate: elapsed > 0 ? (ticks * 1e9) / elapsed : 0, ...total });
      },
    });
  } finally {
    line.clear();
  }
}

/**
 * Writes the files, then prints the tables.
 * @throws HeavyopsError NO_SAMPLES, OUTPUT_UNWRITABLE; every file that can be written is, even when another cannot
 */
export function deliver(profile: Profile, outputs: readonly OutputFile[], values: RecordingValues): void {
  if (profile.meta.counters.samples === 0) {
    for (const output of outputs) output.discard();
    throw nothingSampled(profile);
  }
  const view = viewOf(values);
  const failures: unknown[] = [];
  for (const output of outputs) {
    try {
      output.write(profile, view);
    } catch (error) {
      failures.push(error);
    }
  }
  const tables = values.output.includes(standardOutput) ? { ...values, quiet: true } : values;
  printTables(profile, view, tables);
  if (failures.length > 0) throw failures[0];
}

function nothingSampled({ meta }: Profile): HeavyopsError {
  const ended = meta.ended === 'target-ended' || meta.ended === 'target-exec';
  return new HeavyopsError(
    'NO_SAMPLES',
    ended ? `process ${meta.target.pid} ended before it could be sampled` : 'nothing was sampled',
    ended
      ? 'To watch a program from its first instruction on: heavyops run -- python3 app.py'
      : 'It ran no Python code in that time. Sample longer with -d, or look at its threads: heavyops dump --pid PID',
  );
}

/** Aborted by Ctrl-C or SIGTERM; a second one ends the program at once. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => controller.abort());
  return controller.signal;
}
