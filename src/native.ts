import { fileURLToPath } from 'node:url';
import { HeavyopsError } from './errors.js';
import { existsSync, readFileSync } from './lib/file-system.js';

/**
 * The whole typed surface of the addon. Addresses are bigints at the boundary (they are read rarely) and
 * everything per sample comes in columns of numbers.
 */
export interface Native {
  /**
   * Copies `into.length` bytes from `address` of process `pid`. Returns the number of bytes read, which is
   * less than asked when the range is partly unmapped, or minus errno when nothing was read.
   */
  readMemory(pid: number, address: bigint, into: Uint8Array): number;
  /**
   * A file of `size` bytes that is in memory only, is nowhere in the file system, and takes room only where something
   * has been written. Returns its descriptor, or minus errno.
   */
  anonymousFile(size: number): number;
  /**
   * Keeps the calling thread on a processor; -1 lets it run again where it might before. False where it may not run there.
   * Threads that it starts meanwhile stay there, too.
   */
  stayOnProcessor(processor: number): boolean;
  /**
   * Asks every thread of an interpreter of 3.14 and later to run a script (PEP 768), with the process stopped for that
   * moment. Returns how many were asked, or minus errno: then some may have been.
   */
  askForScript(request: ScriptRequest): number;
  /**
   * Takes that back from the threads that have not looked yet. Returns how many had looked, and run the script; or minus
   * errno, EAGAIN when the process could not be stopped.
   */
  takeBackScript(request: ScriptRequest): number;
  Sampler: new (config: SamplerConfig) => NativeSampler;
}

/** What `askForScript` needs to know, with offsets of DebuggerLayout in native/stop/request.h. */
export interface ScriptRequest {
  readonly pid: number;
  /** Address of the interpreter state. */
  readonly interpreter: bigint;
  readonly threadsHead: number;
  readonly next: number;
  readonly interp: number;
  readonly evalBreaker: number;
  readonly pendingCall: number;
  readonly scriptPath: number;
  readonly scriptPathSize: number;
  /** The script's, as the process names it. */
  readonly path: string;
}

/** See native/layout.h: one number for every field there, by the same name; -1 for what a version lacks. */
export type NativeLayout = Readonly<Record<string, number>>;

export interface SamplerConfig {
  readonly pid: number;
  /** Address of the pointer to the first interpreter state. */
  readonly interpretersHead: bigint;
  /** Address of the pointer to the thread state that holds the GIL (to 3.11), else 0. */
  readonly gilHolder: bigint;
  /** Address of the GIL's struct (to 3.11), and where its locks begin and end; 0 where that is not known. */
  readonly gil: bigint;
  readonly gilLocksStart: bigint;
  readonly gilLocksEnd: bigint;
  readonly layout: NativeLayout;
  /** 256 entries: inline cache units after each opcode, specialised ones included. */
  readonly cacheEntries: Uint8Array;
  /** 256 entries: bits of what an opcode can do (see native/layout.h). */
  readonly opcodeFlags: Uint16Array;
  readonly rate: number;
  /** 0 to 1: how much of a period a tick may be moved, so that it does not fall in step with the target. */
  readonly jitter: number;
  readonly maxDepth: number;
  readonly maxStacks: number;
  readonly maxRows: number;
  /** How instants are taken: Reading in native/sampler.h. */
  readonly reading: number;
  /** For the kernel reader: the program that scripts/setup/kernel-program.mjs made. */
  readonly kernelProgram: Uint8Array | undefined;
  /** Nanoseconds: waits from this length on are told apart by what they are for (kernel reader). */
  readonly leastWait: number;
  /** The length of each of those is told (kernel reader). */
  readonly eachWait: boolean;
  /** Where the sampling thread runs: Mode in native/placement.h. */
  readonly placement: number;
}

export interface NativeSampler {
  /**
   * Starts the sampling thread. Returns 0, or the errno of the refusal to let us stop the target.
   *
   * @param onGone is called when the target has gone, or runs another program
   */
  start(onGone?: () => void): number;
  /** Asks the sampling thread to end and waits for it; what it has gathered can still be drained. */
  stop(): void;
  /** What `start` was refused, where that is not plain: 'image', 'map', 'verify' or 'event' of the kernel reader. */
  refusedStep(): string;
  /** One tick, only while the sampling thread does not run. Returns what `start` does. */
  sampleOnce(): number;
  /** Takes everything gathered since the last call. */
  drain(): Batch;
  /** The bytecode of a code object (by its id, the order in batches) as it was last read. */
  bytecode(code: number): Uint8Array;
  /** Addresses of the frames of each thread at the last `sampleOnce`, root first. */
  lastFrames(): readonly { readonly thread: number; readonly frames: readonly bigint[] }[];
}

/** New rows since the last drain; ids of codes, frames, stacks and threads go on counting across batches. */
export interface Batch {
  readonly codes: readonly NativeCode[];
  readonly frames: { readonly code: Int32Array; readonly offset: Int32Array };
  readonly stacks: { readonly parent: Int32Array; readonly frame: Int32Array };
  readonly threads: readonly NativeThread[];
  readonly samples: {
    readonly thread: Int32Array;
    readonly stack: Int32Array;
    /** The leaf's live opcode, prefixes and instrumentation resolved; -1 unknown. */
    readonly opcode: Int16Array;
    readonly flags: Uint8Array;
    readonly time: Float64Array;
    readonly weight: Float64Array;
    readonly count: Uint32Array;
  };
  /** Waits that have ended, each by itself: its stack, the flags of its samples, and its length in nanoseconds. */
  readonly waits: {
    readonly stack: Int32Array;
    readonly flags: Uint8Array;
    readonly length: Float64Array;
  };
  readonly counters: Readonly<
    Record<
      | 'ticks'
      | 'samples'
      | 'late'
      | 'missed'
      | 'unreadable'
      | 'repaired'
      | 'undecided'
      | 'truncated'
      | 'lost'
      | 'reads',
      number
    >
  >;
  /** Threads so far that the kernel would not watch: they are read from memory, 40 times a second. */
  readonly unwatched: number;
  /** How well it is known which threads wait for the GIL: GilWaits in native/sampler.h. */
  readonly gilWaits: number;
  /** With `blocking`: ticks in which a thread could not be stopped. */
  readonly unstopped: number;
  /** Ticks on the target's own processor. */
  readonly beside: number;
  /** Nanoseconds since the start at the last tick. */
  readonly elapsed: number;
  /** The process cannot be read any more: it has ended, or runs another program. */
  readonly gone: boolean;
}

export interface NativeCode {
  readonly address: bigint;
  readonly name: string;
  readonly qualname: string;
  readonly filename: string;
  readonly firstLine: number;
  readonly bytecode: Uint8Array;
  readonly lineTable: Uint8Array;
}

export interface NativeThread {
  /** Address of its thread state. */
  readonly state: bigint;
  readonly ident: bigint;
  /** In our pid namespace; 0 when unknown. */
  readonly tid: number;
  readonly interpreter: number;
}

let loaded: Native | undefined;

/**
 * Loads the addon on first use: the one that was built here, else the one that the package ships.
 *
 * @throws HeavyopsError NATIVE_UNAVAILABLE with how to build it
 */
export function native(): Native {
  loaded ??= load();
  return loaded;
}

/**
 * The program that samples from inside the kernel; undefined where it was built without.
 */
export function kernelProgram(): Uint8Array | undefined {
  const file = builtFile('kernel-program.bin');
  return file === undefined ? undefined : readFileSync(file);
}

/**
 * The library that counts inside an interpreter.
 *
 * @throws HeavyopsError NATIVE_UNAVAILABLE
 */
export function counterLibrary(): string {
  const file = builtFile('heavyops-count.node');
  if (file === undefined) {
    throw unavailable(
      'the part of heavyops that counts is not there',
      new Error(`none of ${candidatesFor('heavyops-count.node').join(', ')}`),
    );
  }
  return file;
}

const places = ['build/Release', 'prebuilds/linux-x64'];

function candidatesFor(name: string): readonly string[] {
  return places.map((place) => fileURLToPath(new URL(`../../${place}/${name}`, import.meta.url)));
}

function builtFile(name: string): string | undefined {
  return candidatesFor(name).find((candidate) => existsSync(candidate));
}

function load(): Native {
  const file = builtFile('heavyops.node');
  if (file === undefined) {
    throw unavailable(
      'the native part of heavyops is not there',
      new Error(`none of ${candidatesFor('heavyops.node').join(', ')}`),
    );
  }
  try {
    const addon = { exports: {} as Native };
    process.dlopen(addon, file);
    return addon.exports;
  } catch (cause) {
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw unavailable(`the native part of heavyops could not be loaded: ${reason}`, cause);
  }
}

function unavailable(message: string, cause: unknown): HeavyopsError {
  return new HeavyopsError(
    'NATIVE_UNAVAILABLE',
    message,
    'It is for x86-64 Linux with glibc 2.34 or later. With an older glibc, build it: `npm run build` in a checkout, with a C++17 compiler; README.md tells how in an installed package.',
    cause,
  );
}
