import { askInterpreter, type CountedProgram, count } from '../../count/count.js';
import { trackedInstructions } from '../../count/names.js';
import { HeavyopsError } from '../../errors.js';
import { passSignals } from '../../session/pass-signals.js';
import { checkOutputs } from '../check-outputs.js';
import { type CountTableValues, printCounts, samplesToCompare } from '../counting.js';
import { discardAll } from '../interruption.js';
import { type FrameValues, type OutputValues, standardOutput, viewOf } from '../options.js';
import { openOutputs, writeEach } from '../output-files.js';
import { parsePid } from '../parse.js';
import { note } from '../standard-streams.js';

export interface CountValues extends CountTableValues, OutputValues, FrameValues {
  readonly python: string;
  readonly pid?: string;
  readonly module?: string;
  readonly instructions: readonly string[];
  readonly file: readonly string[];
  readonly compareSamples?: string;
}

/**
 * `heavyops count`: runs a program, counts its instructions, and prints them when it has ended. Returns the program's exit
 * code.
 */
export async function countCommand(words: readonly string[], values: CountValues): Promise<number> {
  if (values.pid !== undefined) throw notRunning(parsePid(values.pid, 'count'));
  const program = programOf(words, values);
  checkOutputs(values.output, values, 'counted');
  const python = askInterpreter(values.python);
  const { names, remarks } = trackedInstructions(python.minor, values.instructions);
  const { compareSamples } = values;
  const sampled = compareSamples === undefined ? undefined : samplesToCompare(compareSamples, python.version);
  const outputs = openOutputs(values.output, values.format);
  const discard = () => discardAll(outputs);
  try {
    const result = await count(python, program, (started) => passSignals(started, discard));
    const view = viewOf({ ...values, idle: false, instructions: names });
    const failure = await writeEach(outputs, result.profile, view, values.quiet !== true);
    for (const remark of [...remarks, ...result.remarks]) note(remark);
    if (!values.output.includes(standardOutput)) printCounts(result.profile, view.filter, values, sampled);
    return result.exitCode === 0 ? failure : result.exitCode;
  } finally {
    discard();
  }
}

/** 3.14 and later would let a tool in (PEP 768), which would be the one command that runs code in a target. */
function notRunning(pid: number): HeavyopsError {
  return new HeavyopsError(
    'USAGE',
    'a process that runs already cannot be counted yet',
    `Sample it, which it does not notice: heavyops attach ${pid}\nOr count the program from its start: heavyops count app.py`,
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
