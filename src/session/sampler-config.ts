import { kernelProgram, type SamplerConfig } from '../native.js';
import { nativeLayout } from '../python/native-layout.js';
import { opcodeTable } from '../python/opcodes.js';
import type { Target } from '../target/target.js';

/** How to sample, as far as it is not given by the target. */
export interface SamplingOptions {
  /** Ticks a second. */
  readonly rate: number;
  /** Share of a period by which a tick may move; 0.1 by default. */
  readonly jitter?: number;
  /** What takes the samples; 'memory' by default. */
  readonly reader?: Reader | undefined;
  /**
   * Milliseconds: the kernel reader tells how long each wait of this length and more was. By default it tells only what
   * waits, of all lengths, were for.
   */
  readonly leastWait?: number | undefined;
  /** Where to sample; 'auto' by default. */
  readonly processor?: Processor | undefined;
}

/**
 * Where the sampling thread runs. On the target's own processor a sample is one instant, and the target waits for
 * some microseconds; elsewhere it waits for nothing. 'auto' is the former as long as it takes little of the target's
 * time: docs/accuracy.md.
 */
export type Processor = 'auto' | 'target' | 'other';

/**
 * From inside the kernel, on the target's processor; from its memory while it runs; or from its memory while it is
 * stopped.
 */
export type Reader = 'kernel' | 'memory' | 'stopped';

/** Everything that the native sampler has to know of a target, put together once, when attaching. */
export function samplerConfig(target: Target, options: SamplingOptions): SamplerConfig {
  const opcodes = opcodeTable(target.version);
  const reader = options.reader ?? 'memory';
  return {
    pid: target.pid,
    interpretersHead: target.interpretersHead,
    gilHolder: target.gilHolder,
    gil: target.gil.struct,
    gilLocksStart: target.gil.locks.start,
    gilLocksEnd: target.gil.locks.end,
    layout: nativeLayout(target.layout),
    cacheEntries: opcodes.cacheEntries,
    opcodeFlags: opcodes.flags,
    rate: options.rate,
    jitter: options.jitter ?? 0.1,
    maxDepth,
    maxStacks,
    maxRows,
    reading: readings[reader],
    leastWait: leastWaitOf(options),
    eachWait: options.leastWait !== undefined,
    kernelProgram: reader === 'kernel' ? kernelProgram() : undefined,
    placement: placements[options.processor ?? 'auto'],
  };
}

/** Nanoseconds. */
export function leastWaitOf({ leastWait = 0 }: Pick<SamplingOptions, 'leastWait'>): number {
  return Math.round(leastWait * 1e6);
}

/** SamplerConfig::Reading in native/sampler.h. */
const readings: Readonly<Record<Reader, number>> = { memory: 0, stopped: 1, kernel: 2 };
/** Mode in native/placement.h. */
const placements: Readonly<Record<Processor, number>> = { auto: 0, target: 1, other: 2 };
/** Frames of one thread; the deepest stacks that CPython's default recursion limit allows have 1,000. */
const maxDepth = 20_000;
/** Distinct stack nodes, 8 bytes each here and again in the builder: a bound for programs that never repeat. */
const maxStacks = 2_000_000;
/** Rows between two drains, 35 bytes each. */
const maxRows = 1_000_000;
