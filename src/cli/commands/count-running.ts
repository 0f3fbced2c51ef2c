import { trackedInstructions } from '../../count/names.js';
import { countRunning } from '../../count/running/count-running.js';
import { doorOf } from '../../count/running/door.js';
import { HeavyopsError } from '../../errors.js';
import { openTarget } from '../../target/target.js';
import { checkOutputs, keepsProgramText } from '../check-outputs.js';
import { confirm } from '../confirm.js';
import { deliverCounts, samplesFor } from '../counting.js';
import { discardAll, interruption } from '../interruption.js';
import { openOutputs } from '../output-files.js';
import { parsePid } from '../parse.js';
import { note } from '../standard-streams.js';
import type { CountValues } from './count.js';

/** `heavyops count --pid`: counts the instructions of a running process. Returns the exit code. */
export async function countProcess(words: readonly string[], values: CountValues): Promise<number> {
  const pid = parsePid(values.pid ?? '', 'count');
  refuseProgram(words, values);
  checkOutputs(values.output, values, 'counted');
  const target = await openTarget(pid);
  doorOf(target); // Whoever is asked for leave is asked about what can be done.
  const { names, remarks } = trackedInstructions(target.version.minor, values.instructions);
  const sampled = samplesFor(values, target.version.text);
  await confirm(warning(pid, target.commandLine), values.yes === true);
  const outputs = openOutputs(values.output, values.format);
  const discard = () => discardAll(outputs);
  let leave = () => {};
  const { signal, release } = interruption(() => {
    leave();
    discard();
  });
  try {
    const { duration, quiet } = values;
    const result = await countRunning(target, {
      duration,
      signal,
      programText: keepsProgramText(outputs, values),
      onRequest: (abandon) => {
        leave = abandon;
      },
      onStart: () => {
        if (quiet !== true && duration === undefined) note(`counting process ${target.pid} until Ctrl-C`);
      },
    });
    leave = () => {};
    release();
    return await deliverCounts(
      { ...result, remarks: [...remarks, ...result.remarks] },
      outputs,
      names,
      values,
      sampled,
    );
  } finally {
    discard();
  }
}

function warning(pid: number, command: readonly string[]): string {
  const text = command.join(' ').replaceAll(/\s+/g, ' ');
  return (
    `counting runs code of heavyops inside process ${pid} (${text.length > 60 ? `${text.slice(0, 59)}…` : text}): ` +
    'a script and a library, which count each instruction there, make it several times slower meanwhile, and are taken out again'
  );
}

/** @throws HeavyopsError USAGE */
function refuseProgram(words: readonly string[], { module }: CountValues): void {
  const program = module ?? words[0];
  if (program === undefined) return;
  throw new HeavyopsError(
    'USAGE',
    `both a process and a program, "${program}", were given`,
    'Leave one of them out: --pid is for a process that runs already.',
  );
}
