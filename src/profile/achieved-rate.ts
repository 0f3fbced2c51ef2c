import { type Profile, SampleFlag } from './profile.js';

/**
 * Samples a second that were truly taken. Readers with a clock of their own tick as long as they watch, one a process; the kernel reader's
 * clocks stand while their thread is on no processor, so there a second is one of time on processors.
 */
export function achievedRate(profile: Profile): number {
  const { counters, duration, reader, processes = [] } = profile.meta;
  const watched = processes.reduce((sum, process) => sum + process.duration, duration);
  const { count, time } =
    reader === 'kernel' ? onProcessors(profile) : { count: counters.ticks, time: watched };
  return time > 0 ? (count * 1e9) / time : 0;
}

/** Samples of threads that were running, or waited for a processor, and the nanoseconds that they stand for. */
export function onProcessors({ samples }: Profile): { readonly count: number; readonly time: number } {
  let count = 0;
  let time = 0;
  for (let row = 0; row < samples.length; row++) {
    if (((samples.flags[row] as number) & SampleFlag.Active) === 0) continue;
    count += samples.count[row] as number;
    time += samples.weight[row] as number;
  }
  return { count, time };
}
