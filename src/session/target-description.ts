import type { TargetDescription } from '../profile/profile.js';
import type { Target } from '../target/target.js';

/** What a profile or a dump says of the process it was taken from. */
export function describeTarget(target: Target): TargetDescription {
  return {
    pid: target.pid,
    python: target.version.text,
    freeThreaded: target.freeThreaded,
    executable: target.executable,
    command: target.commandLine,
  };
}
