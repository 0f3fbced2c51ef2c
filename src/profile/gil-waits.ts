import { type Profile, waitsForGil } from './profile.js';

/** Nanoseconds that threads waited for the GIL, and that they were watched, all threads together. */
export function gilWaitTime({ samples }: Pick<Profile, 'samples'>): {
  readonly waited: number;
  readonly whole: number;
} {
  let [waited, whole] = [0, 0];
  for (let row = 0; row < samples.length; row++) {
    const weight = samples.weight[row] as number;
    whole += weight;
    if (waitsForGil(samples.flags[row] as number)) waited += weight;
  }
  return { waited, whole };
}
