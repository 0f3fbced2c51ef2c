import {
  type Opcode,
  type Profile,
  SampleFlag,
  type Thread,
  waitsForGil,
} from '../../src/profile/profile.js';
import { record } from '../../src/session/record.js';
import type { Processor, Reader } from '../../src/session/sampler-config.js';
import { openTarget, type Target } from '../../src/target/target.js';

/** A frame of a recording, with everything of it looked up. */
export interface RecordedFrame {
  /** co_name. */
  readonly name: string;
  readonly qualname: string;
  readonly file: string;
  /** Of the code object. */
  readonly firstLine: number;
  /** Of the instruction; 0 when it has none. */
  readonly line: number;
  /** Byte offset of the instruction. */
  readonly offset: number;
}

/** `count` equal samples of one thread, one after another. */
export interface RecordedSample {
  readonly thread: Thread;
  /** Root first; empty when the thread could not be read. */
  readonly frames: readonly RecordedFrame[];
  /** The frames' names, from the root on, joined by ">". */
  readonly stack: string;
  /** The leaf's instruction; undefined when unknown. */
  readonly opcode: Opcode | undefined;
  readonly active: boolean;
  readonly gil: boolean;
  readonly waitsForGil: boolean;
  readonly jit: boolean;
  readonly truncated: boolean;
  /** Nanoseconds. */
  readonly time: number;
  /** Nanoseconds. */
  readonly weight: number;
  readonly count: number;
}

export interface Recording {
  readonly target: Target;
  readonly profile: Profile;
  readonly samples: readonly RecordedSample[];
}

export interface RecordingOptions {
  /** Ticks a second. */
  readonly rate: number;
  /** Samples of all threads, until which it goes on. */
  readonly samples: number;
  /** Milliseconds to go on at least. */
  readonly atLeast?: number;
  /** Stops the process for each tick. */
  readonly reader?: Reader;
  /** Where to sample; 'auto' by default. */
  readonly processor?: Processor | undefined;
}

/** Milliseconds after which a recording ends though it has too few samples: its checks say so then. */
const patience = 60_000;

/** Samples a running process until there are as many samples as were asked for. */
export async function recordProcess(pid: number, options: RecordingOptions): Promise<Recording> {
  const target = await openTarget(pid);
  const { rate, samples: wanted, atLeast = 0, reader = 'memory' as Reader, processor } = options;
  const enough = new AbortController();
  const profile = await record(target, {
    rate,
    reader,
    processor,
    duration: patience,
    signal: enough.signal,
    onProgress: ({ samples, elapsed }) => {
      if (samples >= wanted && elapsed >= atLeast * 1e6) enough.abort();
    },
  });
  return { target, profile, samples: samplesOf(profile) };
}

/** The rows of a profile with their ids looked up. */
export function samplesOf(profile: Profile): readonly RecordedSample[] {
  const { samples, threads, opcodes } = profile;
  const stackOf = memoised((stack) => stackAt(profile, stack));
  const at = (column: ArrayLike<number>, row: number) => column[row] ?? 0;
  return Array.from({ length: samples.length }, (_, row) => {
    const flags = at(samples.flags, row);
    return {
      thread: threads[at(samples.thread, row)] as Thread,
      ...stackOf(at(samples.stack, row)),
      opcode: opcodes[at(samples.opcode, row)],
      active: (flags & SampleFlag.Active) !== 0,
      gil: (flags & SampleFlag.Gil) !== 0,
      waitsForGil: waitsForGil(flags),
      jit: (flags & SampleFlag.Jit) !== 0,
      truncated: (flags & SampleFlag.Truncated) !== 0,
      time: at(samples.time, row),
      weight: at(samples.weight, row),
      count: at(samples.count, row),
    };
  });
}

/** How many samples there are of each key, the commonest first; those without a key are left out. */
export function tally(
  samples: readonly RecordedSample[],
  key: (sample: RecordedSample) => string | undefined,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const sample of samples) {
    const its = key(sample);
    if (its !== undefined) counts.set(its, (counts.get(its) ?? 0) + sample.count);
  }
  return new Map([...counts].sort(([, a], [, b]) => b - a));
}

/** How many samples fulfil a condition. */
export function countOf(
  samples: readonly RecordedSample[],
  condition: (sample: RecordedSample) => boolean = () => true,
): number {
  return samples.reduce((sum, sample) => sum + (condition(sample) ? sample.count : 0), 0);
}

/** The first few entries of a tally, for messages. */
export function shown(counts: ReadonlyMap<string, number>, most = 12): string {
  const rows = [...counts].slice(0, most).map(([key, count]) => {
    const text = key.length > 200 ? `${key.slice(0, 200)}… (${key.length} characters)` : key;
    return `${String(count).padStart(7)} ${text}`;
  });
  return `${rows.join('\n')}${counts.size > most ? `\n        … ${counts.size - most} more` : ''}`;
}

/** The samples' leaf functions and instructions: "function offset line OPCODE". */
export function leafOf(sample: RecordedSample): RecordedFrame | undefined {
  return sample.frames.at(-1);
}

function stackAt({ stacks, frames, codes, strings }: Profile, stack: number) {
  const found: RecordedFrame[] = [];
  const text = (column: Uint32Array, row: number) => strings[column[row] ?? 0] ?? '';
  for (let at = stack; at >= 0; at = stacks.parent[at] ?? -1) {
    const frame = stacks.frame[at] ?? 0;
    const code = frames.code[frame] ?? 0;
    found.push({
      name: text(codes.name, code),
      qualname: text(codes.qualname, code),
      file: text(codes.filename, code),
      firstLine: codes.firstLine[code] ?? 0,
      line: frames.line[frame] ?? 0,
      offset: frames.offset[frame] ?? 0,
    });
  }
  found.reverse();
  return { frames: found, stack: found.map(({ name }) => name).join('>') };
}

function memoised<T>(make: (key: number) => T): (key: number) => T {
  const made = new Map<number, T>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const fresh = make(key);
    made.set(key, fresh);
    return fresh;
  };
}
