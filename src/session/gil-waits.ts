import type { Batch } from '../native.js';
import type { GilWaits } from '../profile/profile.js';
import type { Target } from '../target/target.js';

/** Whether a recording tells which threads wait for the GIL. */
export function gilWaitsOf({ musl }: Pick<Target, 'musl'>, { gilWaits }: Pick<Batch, 'gilWaits'>): GilWaits {
  return musl ? 'musl' : (byNumber[gilWaits] ?? 'unreadable');
}

/** GilWaits in native/sampler.h. */
const byNumber: readonly GilWaits[] = ['told', 'unreadable', 'old-kernel'];
