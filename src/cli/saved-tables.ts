import { HeavyopsError } from '../errors.js';
import { isCounted } from '../profile/counts.js';
import type { Profile } from '../profile/profile.js';
import type { SavedValues, Shown } from './options.js';

/**
 * What is to be shown of a saved profile.
 *
 * @param file its name, for messages
 * @throws HeavyopsError USAGE when waits are asked for, and it has none
 */
export function savedTables({ meta }: Profile, file: string, { offCpu }: SavedValues): Shown {
  if (offCpu !== true) return 'ran';
  if (isCounted(meta)) {
    throw new HeavyopsError(
      'USAGE',
      `${file} has executions, and no waits`,
      'Waits are seen when a program is sampled: heavyops run --off-cpu -o FILE.json -- python3 app.py',
    );
  }
  if (meta.leastWait === undefined) {
    throw new HeavyopsError(
      'USAGE',
      `${file} has no waits: they are seen by the kernel reader alone, and the ${meta.reader} reader recorded it`,
      `Record it again with --off-cpu, such as: heavyops attach PID --off-cpu -o ${file}`,
    );
  }
  return 'waits';
}
