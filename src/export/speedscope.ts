import { isCounted } from '../profile/counts.js';
import { rowFilter } from '../profile/filter.js';
import type { Profile, ProfileMeta, SampleTable } from '../profile/profile.js';
import {
  framesOnTop,
  isOfWaits,
  threadText,
  type View,
  type ViewFrame,
  type ViewFrames,
  viewFrames,
} from '../profile/view.js';
import { waitsText } from '../profile/waits.js';
import { chunks, separated } from './chunks.js';
import type { Format } from './format.js';

/**
 * speedscope's own file format: https://www.speedscope.app/file-format-schema.json. One "sampled" profile a
 * thread, weights in nanoseconds, of counts in executions. What the filter leaves out, and what could not be read, is a sample without
 * frames: a gap, so that the rest stays where it was in time.
 */
export const speedscope: Format = {
  name: 'speedscope',
  aliases: [],
  extensions: ['.speedscope.json', '.speedscope'],
  mediaType: 'application/json',
  description: 'for speedscope: one profile a thread, with times',
  write: (profile, view) => chunks(file(profile, view)),
};

function* file(profile: Profile, view: View): Generator<string> {
  const frames = viewFrames(profile, { ...view, threads: false });
  const threads = rowsByThread(profile, view);
  const { meta } = profile;
  yield '{"$schema":"https://www.speedscope.app/file-format-schema.json",\n';
  const waits = isOfWaits(view) ? `${waitsText(meta)}: ` : '';
  yield `"name":${JSON.stringify(`${waits}${meta.target.command.join(' ')} (pid ${meta.target.pid})`)},\n`;
  yield `"exporter":${JSON.stringify(exporter(meta))},\n`;
  yield `"activeProfileIndex":${heaviest(threads)},\n`;
  yield '"shared":{"frames":[\n';
  yield* separated(
    frames.frames.map((frame) => JSON.stringify(sharedFrame(frame))),
    ',\n',
  );
  yield '\n]},\n"profiles":[\n';
  for (const [index, thread] of threads.entries()) {
    yield index === 0 ? '' : ',\n';
    yield* threadProfile(profile, frames, thread);
  }
  yield '\n]}\n';
}

/** Who made the file, and how: the schema has no other field for what it was made with. */
function exporter({ heavyops, reader, whyNotKernel: why }: ProfileMeta): string {
  return reader === 'counter'
    ? `heavyops@${heavyops}, executions counted`
    : `heavyops@${heavyops}, ${reader} reader${why === undefined ? '' : ` (not kernel: ${why.reason})`}`;
}

interface ThreadRows {
  readonly thread: number;
  readonly rows: readonly number[];
  /** By place in `rows`: whether it has frames, or is a gap. */
  readonly kept: readonly boolean[];
  /** Nanoseconds of those that have frames. */
  readonly busy: number;
}

/** The threads that have anything to show, in order. */
function rowsByThread(profile: Profile, view: View): ThreadRows[] {
  const { samples } = profile;
  const { keeps } = rowFilter(profile, view.filter);
  const threads = profile.threads.map((_, thread) => ({
    thread,
    rows: [] as number[],
    kept: [] as boolean[],
    busy: 0,
  }));
  for (let row = 0; row < samples.length; row++) {
    const thread = threads[samples.thread[row] as number];
    if (thread !== undefined) {
      const kept = keeps(row);
      thread.rows.push(row);
      thread.kept.push(kept);
      thread.busy += kept ? (samples.weight[row] as number) : 0;
    }
  }
  return threads.filter(({ kept }) => kept.includes(true));
}

function heaviest(threads: readonly ThreadRows[]): number {
  return threads.reduce((best, { busy }, index) => (busy > (threads[best]?.busy ?? 0) ? index : best), 0);
}

function sharedFrame({ name, file, line }: ViewFrame): Record<string, string | number> {
  return { name, ...(file === '' ? {} : { file }), ...(line > 0 ? { line } : {}) };
}

function* threadProfile(
  profile: Profile,
  frames: ViewFrames,
  { thread, rows, kept }: ThreadRows,
): Generator<string> {
  const weights = wholeWeights(profile.samples, rows);
  const end = weights.reduce((sum, weight) => sum + weight, 0);
  const description = profile.threads[thread];
  const name = description === undefined ? '' : threadText(profile, description);
  yield `{"type":"sampled","name":${JSON.stringify(name)},"unit":"${isCounted(profile.meta) ? 'none' : 'nanoseconds'}","startValue":0,"endValue":${end},\n`;
  yield '"samples":[';
  yield* separated(sampledStacks(profile, frames, rows, kept), ',');
  yield '],\n"weights":[';
  yield* separated(weights.map(String), ',');
  yield ']}';
}

function* sampledStacks(
  profile: Profile,
  frames: ViewFrames,
  rows: readonly number[],
  kept: readonly boolean[],
): Generator<string> {
  const { samples } = profile;
  for (const [at, row] of rows.entries()) {
    if (kept[at] !== true) {
      yield '[]';
      continue;
    }
    const stack = stackOf(profile, frames, samples.stack[row] as number);
    yield `[${[...stack, ...framesOnTop(profile, frames, row)].join(',')}]`;
  }
}

function stackOf({ stacks }: Profile, { ofFrame }: ViewFrames, leaf: number): number[] {
  const stack: number[] = [];
  for (let at = leaf; at >= 0; at = stacks.parent[at] as number) {
    stack.push(ofFrame[stacks.frame[at] as number] as number);
  }
  return stack.reverse();
}

/** Whole nanoseconds that add up to the rounded sum: each carries on what rounding took from those before. */
function wholeWeights(samples: SampleTable, rows: readonly number[]): number[] {
  let exact = 0;
  let written = 0;
  return rows.map((row) => {
    exact += samples.weight[row] as number;
    const weight = Math.max(0, Math.round(exact) - written);
    written += weight;
    return weight;
  });
}
