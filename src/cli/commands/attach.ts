import type { RecordProgress } from '../../session/record.js';
import { openTarget } from '../../target/target.js';
import { chosenPid } from '../chosen-pid.js';
import { discardAll, interruption } from '../interruption.js';
import type { PidValues } from '../options.js';
import {
  checkRecording,
  outputsOf,
  printRecording,
  type RecordingValues,
  sample,
  writeOutputs,
} from '../recording.js';
import { terminalOf, writeError } from '../standard-streams.js';

/** `heavyops attach`: samples a running process. Returns the exit code. */
export async function attach(pid: string | undefined, values: RecordingValues & PidValues): Promise<number> {
  checkRecording(values);
  const target = await openTarget(chosenPid('attach', pid, values.pid));
  const progress = await progressOf(values);
  const outputs = await outputsOf(values);
  const discard = () => discardAll(outputs);
  const { signal, release } = interruption(() => {
    progress.clear();
    discard();
  });
  try {
    const profile = await sample(target, values, outputs, signal, progress.update);
    progress.clear();
    const exitCode = await writeOutputs(profile, outputs, values);
    release(); // No file is left to be cleaned up, and a reader of the tables can take its time.
    await printRecording(profile, values);
    return exitCode;
  } finally {
    progress.clear();
    discard();
  }
}

interface Progress {
  /** Nothing where nobody watches: then samples are taken in less often. */
  readonly update?: (progress: RecordProgress) => void;
  clear(): void;
}

async function progressOf({ quiet, duration }: RecordingValues): Promise<Progress> {
  if (quiet === true || !terminalOf(2).isTTY) return { clear: () => {} };
  const { ProgressLine } = await import('../../terminal/progress.js');
  const line = new ProgressLine({
    isTTY: true,
    get columns() {
      return terminalOf(2).columns - widthOfInterrupt;
    },
    write: writeError,
  });
  const total = duration === undefined ? {} : { total: duration * 1e6 };
  return {
    update: ({ elapsed, samples, ticks, errors }) => {
      const rate = elapsed > 0 ? (ticks * 1e9) / elapsed : 0;
      line.update({ elapsed, samples, errors, rate, ...total });
    },
    clear: () => line.clear(),
  };
}

/** A terminal shows Ctrl-C as `^C` behind the line, which must not wrap by it. */
const widthOfInterrupt = 2;
