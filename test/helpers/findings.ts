import { adviceFor } from '../../src/advice/advice.js';
import type { Finding } from '../../src/advice/finding.js';
import type { Profile } from '../../src/profile/profile.js';
import { type RecordOptions, record } from '../../src/session/record.js';
import { openTarget } from '../../src/target/target.js';
import { type Interpreter, interpreters } from './interpreters.js';
import { type Ending, startTarget } from './target.js';

/** One of each way to make bytecode: what is found depends on that, not on the build. */
export function oneOfEach(minors: readonly number[]): readonly Interpreter[] {
  return minors.flatMap(
    (wanted) => interpreters().findLast(({ minor, freeThreaded }) => minor === wanted && !freeThreaded) ?? [],
  );
}

export interface Recorded {
  readonly profile: Profile;
  readonly findings: readonly Finding[];
}

/**
 * Records a program of test/targets/ with all that findings need.
 *
 * @param isEnough asked after each recording, of which each is twice as long as the one before: on a busy machine the
 * program, or we, can get too little of a processor for all that is expected
 */
export async function recordedFindings(
  t: Ending,
  interpreter: Interpreter,
  program: string,
  args: readonly string[],
  isEnough: (recorded: Recorded) => boolean = () => true,
  options: Partial<RecordOptions> = {},
): Promise<Recorded> {
  const running = await startTarget(t, interpreter, program, { args });
  const target = await openTarget(running.pid);
  for (let duration = 700; ; duration *= 2) {
    const profile = await record(target, {
      rate: 2000,
      reader: 'memory',
      duration,
      programText: true,
      ...options,
    });
    const recorded = { profile, findings: adviceFor(profile) };
    if (isEnough(recorded) || duration >= longest) {
      await running.stop();
      return recorded;
    }
  }
}

/** Milliseconds. */
const longest = 11_200;
