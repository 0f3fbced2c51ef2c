import { HeavyopsError } from '../../errors.js';
import { openTarget } from '../../target/target.js';
import { openOutputs } from '../output-files.js';
import { parsePid } from '../parse.js';
import { deliver, interruption, type RecordingValues, sampleWithProgress } from '../recording.js';

/** `heavyops attach`: samples a running process. */
export async function attach(
  pid: string | undefined,
  values: RecordingValues & { readonly pid?: string },
): Promise<number> {
  const target = await openTarget(chosenPid(pid, values.pid));
  const outputs = openOutputs(values.output, values.format);
  try {
    const profile = await sampleWithProgress(target, values, interruption());
    deliver(profile, outputs, values);
  } finally {
    for (const output of outputs) output.discard();
  }
  return 0;
}

/** The process id, given as the argument or with -p. @throws HeavyopsError USAGE */
export function chosenPid(argument: string | undefined, option: string | undefined): number {
  const text = option ?? argument;
  if (text === undefined || (option !== undefined && argument !== undefined && option !== argument)) {
    throw new HeavyopsError(
      'USAGE',
      text === undefined
        ? 'no process id was given'
        : `two process ids were given, ${argument} and ${option}`,
      'Such as: heavyops attach --pid 1234. To start a program and sample it: heavyops run -- python3 app.py',
    );
  }
  return parsePid(text);
}
