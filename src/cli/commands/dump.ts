import { HeavyopsError } from '../../errors.js';
import { takeDump } from '../../session/dump.js';
import { openTarget } from '../../target/target.js';
import { dumpText } from '../../terminal/dump.js';
import { wantsColour } from '../../terminal/style.js';
import { chosenPid } from '../chosen-pid.js';
import type { PidValues } from '../options.js';
import { terminalOf, writeOut } from '../standard-streams.js';

export interface DumpValues {
  readonly locals?: boolean;
  readonly json?: boolean;
}

/** `heavyops dump`: prints every thread's stack once. Returns the exit code. */
export async function dump(pid: string | undefined, values: DumpValues & PidValues): Promise<number> {
  const target = await openTarget(chosenPid('dump', pid, values.pid));
  const taken = await takeDump(target, { locals: values.locals === true });
  if (taken.threads.length === 0) {
    throw new HeavyopsError(
      'NO_SAMPLES',
      `no thread of process ${target.pid} could be read`,
      'It is just ending, or has no thread in Python. Try again in a moment.',
    );
  }
  const colour = wantsColour(terminalOf(1), process.env);
  writeOut(values.json === true ? `${JSON.stringify(taken)}\n` : dumpText(taken, { colour }));
  return 0;
}
