import { askInterpreter, type CountedProgram, count } from '../../count/count.js';
import { trackedInstructions } from '../../count/names.js';
import { HeavyopsError } from '../../errors.js';
import { passSignals } from '../../session/pass-signals.js';
import { checkOutputs, keepsProgramText } from '../check-outputs.js';
import { type CountTableValues, deliverCounts, samplesFor } from '../counting.js';
import { discardAll } from '../interruption.js';
import type { FrameValues, OutputValues } from '../options.js';
import { openOutputs } from '../output-files.js';

export interface CountValues extends CountTableValues, OutputValues, FrameValues {
  readonly python: string;
  readonly pid?: string;
  /** Milliseconds; of `--pid`, as the next. */
  readonly duration?: number;
  readonly yes?: boolean;
  readonly module?: string;
  readonly instructions: readonly string[];
  readonly file: readonly string[];
  readonly compareSamples?: string;
  readonly withoutSource?: boolean;
}

/**
 * `heavyops count`: runs a program, counts its instructions, and prints them when it has ended. Returns the program's exit
 * code.
 */
export async function countCommand(words: readonly string[], values: CountValues): Promise<number> {
  if (values.pid !== undefined) return (await import('./count-running.js')).countProcess(words, values);
  refuseOptionsOfPid(values);
  const program = programOf(words, values);
  checkOutputs(values.output, values, 'counted');
  const python = askInterpreter(values.python);
  const { names, remarks } = trackedInstructions(python.minor, values.instructions);
  const sampled = samplesFor(values, python.version);
  const outputs = openOutputs(values.output, values.format);
  const discard = () => discardAll(outputs);
  try {
    const result = await count(python, program, {
      onStart: (started) => passSignals(started, discard),
      programText: keepsProgramText(outputs, values),
    });
    const all = { ...result, remarks: [...remarks, ...result.remarks] };
    const failure = await deliverCounts(all, outputs, names, values, sampled);
    return result.exitCode === 0 ? failure : result.exitCode;
  } finally {
    discard();
  }
}

/** @throws HeavyopsError USAGE */
function refuseOptionsOfPid({ duration, yes }: CountValues): void {
  if (duration === undefined && yes !== true) return;
  throw new HeavyopsError(
    'USAGE',
    `${duration === undefined ? '--yes' : '-d'} is for a process that runs already`,
    'Name it with --pid, or leave it out: a program is counted to its end.',
  );
}

/** @throws HeavyopsError USAGE */
function programOf(words: readonly string[], { module }: CountValues): CountedProgram {
  if (module !== undefined) return { kind: 'module', name: module, args: words };
  const [name, ...args] = words;
  if (name === undefined) {
    throw new HeavyopsError(
      'USAGE',
      'no program was given',
      'Such as: heavyops count app.py, or heavyops count -m package.module',
    );
  }
  return { kind: 'script', name, args };
}
