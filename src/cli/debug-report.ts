import { duration, grouped } from '../lib/quantities.js';
import type { Batch } from '../native.js';
import type { ProfileMeta } from '../profile/profile.js';

/** What HEAVYOPS_DEBUG=1 tells of a recording: how soon it began, and what it cost us. */
export interface DebugReport {
  /** To be called with each batch of the sampler. */
  readonly onBatch: (batch: Batch) => void;
  /** To be called when the profile is there. */
  text(meta: Pick<ProfileMeta, 'startedAt' | 'rate' | 'reader'>): string;
}

/** To be called right before the recording. */
export function debugReport(): DebugReport {
  const began = performance.now();
  const before = process.cpuUsage();
  let first: number | undefined;
  let last: Batch | undefined;
  return {
    onBatch: (batch) => {
      first ??= batch.samples.time[0];
      last = batch;
    },
    text: ({ startedAt, rate, reader }) =>
      [
        startLine(startedAt, first),
        ...(last === undefined
          ? []
          : reader === 'kernel'
            ? kernelLines(last, rate)
            : samplingLines(last, rate)),
        cpuLine(process.cpuUsage(before), performance.now() - began),
        memoryLine(),
      ].join('\n  '),
  };
}

/** @param first nanoseconds from the sampler's start to the first sample */
function startLine(startedAt: number, first: number | undefined): string {
  if (first === undefined) return 'debug: no sample';
  const milliseconds = startedAt + first / 1e6 - performance.timeOrigin;
  return `debug: first sample ${milliseconds.toFixed(1)} ms after Node.js began`;
}

function samplingLines({ counters, unstopped, beside, elapsed }: Batch, rate: number): readonly string[] {
  const { ticks, samples, late, missed, reads } = counters;
  const each = (count: number) => (count > 0 ? (reads / count).toFixed(2) : '-');
  return [
    `${grouped(ticks)} ticks in ${duration(elapsed)} at ${grouped(rate)} a second: ${grouped(late)} late, ${grouped(missed)} missed`,
    `${grouped(reads)} calls of process_vm_readv: ${each(ticks)} a tick, ${each(samples)} a sample`,
    `${grouped(beside)} ticks on the target's processor`,
    ...(unstopped > 0 ? [`${grouped(unstopped)} ticks in which a thread could not be stopped`] : []),
  ];
}

/** Its ticks are all on the target's processors; what it reads itself is the list of threads, and code objects. */
function kernelLines({ counters, elapsed }: Batch, rate: number): readonly string[] {
  const { ticks, samples, lost, reads } = counters;
  const calls = elapsed > 0 ? `: ${grouped((reads * 1e9) / elapsed)} a second` : '';
  return [
    `${grouped(ticks)} ticks of threads' clocks in ${duration(elapsed)} at ${grouped(rate)} a second of their time on processors`,
    `${grouped(samples)} samples with waits, ${grouped(lost)} lost`,
    `${grouped(reads)} calls of process_vm_readv${calls}`,
  ];
}

/** All threads of ours, while it sampled and while it made the profile. */
function cpuLine({ user, system }: NodeJS.CpuUsage, elapsed: number): string {
  const share = (user + system) / 10 / elapsed;
  return `CPU: ${(user / 1000).toFixed(1)} ms user, ${(system / 1000).toFixed(1)} ms system, ${share.toFixed(2)} % of a core`;
}

/** `maxRSS` is in KiB (uv_getrusage). */
function memoryLine(): string {
  const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return `memory: ${mebibytes(process.memoryUsage.rss())} resident, ${mebibytes(process.resourceUsage().maxRSS * 1024)} at most`;
}
