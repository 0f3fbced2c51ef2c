import { HeavyopsError } from '../../errors.js';
import { native } from '../../native.js';
import type { Profile } from '../../profile/profile.js';
import { type Launched, launch } from '../../session/launch.js';
import { openLaunched } from '../../session/open-launched.js';
import { passSignals } from '../../session/pass-signals.js';
import { discardAll } from '../interruption.js';
import type { OutputFile } from '../output-files.js';
import { programToRun } from '../program-to-run.js';
import {
  checkRecording,
  isEmpty,
  outputsOf,
  printRecording,
  type RecordingValues,
  sample,
  writeOutputs,
} from '../recording.js';
import { reportError } from '../report-error.js';
import { note, writeError } from '../standard-streams.js';

/**
 * `heavyops run`: starts a program and samples it. Standard output is the program's, so tables go to standard
 * error. Whatever becomes of the sampling, the program runs to its end; returns its exit code.
 */
export async function run(command: readonly string[], values: RecordingValues): Promise<number> {
  checkRecording(values, 2);
  native(); // What is wrong with ourselves is better said before anything is started.
  const outputs = await outputsOf(values);
  const discard = () => discardAll(outputs);
  try {
    const program = await launch(programToRun(command), (started) => passSignals(started, discard));
    try {
      const profile = await sampleLaunched(program, values, outputs);
      await writeOutputs(profile, outputs, values);
      await printRecording(profile, values, 2);
    } catch (error) {
      reportError(error, writeError);
      if (!program.ended.aborted) note('the program goes on unsampled');
    }
    discard();
    return await program.exitCode;
  } finally {
    discard();
  }
}

/**
 * Samples the program that is meant: a Python can be a launcher that runs it in its own place (by exec), and is left out
 * then. Where that is no Python, what was sampled before is all there is.
 */
async function sampleLaunched(
  program: Launched,
  values: RecordingValues,
  outputs: readonly OutputFile[],
): Promise<Profile> {
  let before: Profile | undefined;
  let { duration: left } = values;
  for (;;) {
    const onOther = (error: HeavyopsError) => {
      reportError(error, writeError);
      note('the program goes on; sampling begins when it runs Python itself (by exec)');
    };
    const target = await openLaunched(program, onOther, before && left).catch((error: unknown) => {
      if (before === undefined) throw error;
      reportError(error, writeError);
    });
    if (target === undefined) return before ?? endedTooSoon(program);
    const profile = await sample(
      target,
      { ...values, ...(left === undefined ? {} : { duration: left }) },
      outputs,
      program.ended,
    );
    const nothing = isEmpty(profile);
    if (profile.meta.ended !== 'target-exec') {
      if (nothing && before !== undefined) return before;
      if (before !== undefined)
        note('left out what ran before the program began to run another Python in its place');
      return profile;
    }
    if (!nothing) before = profile;
    if (left !== undefined) left -= profile.meta.duration / 1e6;
    if (left !== undefined && left <= 0) return profile;
  }
}

/** @throws HeavyopsError NO_SAMPLES */
function endedTooSoon({ pid }: Launched): never {
  throw new HeavyopsError(
    'NO_SAMPLES',
    `the program (process ${pid}) ended before any Python of it could be sampled`,
    'It ran no Python itself, or not for long enough. A Python that it starts has to be named: heavyops run -- python3 app.py',
  );
}
