import type { InstructionNames } from '../python/instruction-text.js';

/**
 * The one data model. Tables by column, an index is an id, parents precede children, and everything past the
 * builder only reads. Modelled after the tables of the Firefox profiler's processed format.
 */
export interface Profile {
  readonly meta: ProfileMeta;
  readonly strings: readonly string[];
  readonly opcodes: readonly Opcode[];
  readonly codes: CodeTable;
  readonly frames: FrameTable;
  readonly stacks: StackTable;
  readonly threads: readonly Thread[];
  readonly samples: SampleTable;
  /** Of a recording that was asked for the length of each wait, and had some. */
  readonly waits?: WaitTable;
  /** Of code objects that were seen; missing where it was not asked for, or nothing could be read. */
  readonly codeNames?: readonly CodeNames[];
  /** Of files of theirs, in the same way. */
  readonly sources?: readonly SourceFile[];
  /** Of instructions that were hot, in the same way. */
  readonly operandTypes?: readonly OperandTypes[];
}

/** Which types one instruction worked on, as looks at its operands found it while the program ran (3.11+). */
export interface OperandTypes {
  /** Row of `Profile.codes`. */
  readonly code: number;
  /** Byte offset of the instruction. */
  readonly offset: number;
  /** What the program calls them, in the order of the stack, such as `x` and `self.total`; '' where it has no name. */
  readonly operands: readonly string[];
  /** How often they were looked at. */
  readonly looks: number;
  /**
   * In how many of these looks the instruction's form, or the counter in its cache, was another one than in the look
   * before: where the form fits, neither changes.
   */
  readonly changes: number;
  /** The most frequent first; a bounded number. */
  readonly seen: readonly SeenOperands[];
}

export interface SeenOperands {
  /** One for each operand. */
  readonly types: readonly OperandType[];
  /** How often they were of these types. */
  readonly looks: number;
}

export interface OperandType {
  /** "module.qualname", without the module for builtins; '' for an operand that was not looked at. */
  readonly name: string;
  /** The builtin type that it is derived from; '' for none. */
  readonly base: string;
  /** What of the class, or of the object, matters to the instruction: docs/formats.md tells them. */
  readonly traits: readonly string[];
}

/** What the arguments of one code object's instructions stand for, as text; each list within bounds. */
export interface CodeNames extends InstructionNames {
  /** Row of `Profile.codes`. */
  readonly code: number;
}

/** A source file as it was on the disk when it was first seen in a stack. */
export interface SourceFile {
  /** Row of `Profile.strings`: `co_filename`. */
  readonly file: number;
  readonly text: string;
  /** It was written to after the process had started, so its lines may be others than those that ran. */
  readonly changed: boolean;
}

export interface ProfileMeta {
  /** Version of the program that recorded it, as in package.json. */
  readonly heavyops: string;
  readonly target: TargetDescription;
  /** Wall clock at the first tick, milliseconds since the epoch. */
  readonly startedAt: number;
  /** Wall time watched, nanoseconds. */
  readonly duration: number;
  /** Ticks a second that were asked for. */
  readonly rate: number;
  /**
   * Which reader took the samples. By 'counter' none were taken: `heavyops count` has counted executions, so the weights and
   * counts of rows are no nanoseconds and no samples, and the rate and the counters are 0.
   */
  readonly reader: 'memory' | 'stopped' | 'kernel' | 'counter';
  /** Where the kernel reader would have been taken, but could not be: why, and what helps. */
  readonly whyNotKernel?: { readonly reason: string; readonly remedy: string };
  /** Nanoseconds: what waits of this length and more are for is in their rows' flags. Of the kernel reader only. */
  readonly leastWait?: number;
  /**
   * Whether samples tell waiting for the GIL apart from other waits, as the kind of their wait; of waits of `leastWait` and
   * more, if there is one. Missing in exact counts, and where an older heavyops recorded it.
   */
  readonly gilWaits?: GilWaits;
  /** Of the kernel reader: threads that the kernel would not watch, and so were read from memory 40 times a second. */
  readonly unwatched?: number;
  /** Child processes that were sampled, too. */
  readonly processes?: readonly SampledProcess[];
  /** Child processes that were not sampled though they run Python, by pid; found at the end if none were looked for. */
  readonly children?: readonly number[];
  readonly counters: Counters;
  /** Why sampling stopped. */
  readonly ended: 'duration' | 'interrupted' | 'target-ended' | 'target-exec';
}

/**
 * 'told'; or why not: it could not be read where threads wait ('unreadable'), or the kernel reader cannot before Linux
 * 5.15 ('old-kernel'), or musl has threads wait for the GIL on their own stacks ('musl').
 */
export type GilWaits = (typeof gilWaitKinds)[number];

export const gilWaitKinds = ['told', 'unreadable', 'old-kernel', 'musl'] as const;

export interface TargetDescription {
  readonly pid: number;
  /** For example "3.14.10". */
  readonly python: string;
  readonly freeThreaded: boolean;
  readonly executable: string;
  readonly command: readonly string[];
}

/** A child process of the target; one that runs one program after another has several. */
export interface SampledProcess {
  readonly pid: number;
  readonly command: readonly string[];
  /** Nanoseconds since the recording's start. */
  readonly began: number;
  /** Wall time watched, nanoseconds. */
  readonly duration: number;
}

export interface Counters {
  /** Instants taken, each of all threads. By the kernel reader: ticks of all threads' own clocks. */
  readonly ticks: number;
  /** Thread samples: ticks × threads that had Python frames. By the kernel reader: ticks, and waits between them. */
  readonly samples: number;
  /** Ticks that began more than half a period after their deadline. */
  readonly late: number;
  /** Deadlines that passed without a tick of their own; their time is in the next sample's weight. */
  readonly missed: number;
  /** Samples whose thread could not be read; their time is kept, in samples without a stack. */
  readonly unreadable: number;
  /** Samples whose frames changed while they were read, and were read again until they fitted the instant. */
  readonly repaired: number;
  /** Samples whose frames changed faster than they could be read: the stack ends where it is sure. */
  readonly undecided: number;
  /** Stacks cut short: deeper than the walker's bound (the root's end), or with no memory for more (the leaf's). */
  readonly truncated: number;
  /** Samples that did not fit into bounded memory. */
  readonly lost: number;
}

/** Of a profile for which no samples were taken. */
export const noCounters: Counters = {
  ticks: 0,
  samples: 0,
  late: 0,
  missed: 0,
  unreadable: 0,
  repaired: 0,
  undecided: 0,
  truncated: 0,
  lost: 0,
};

export interface Opcode {
  /** The name of the instruction as it runs now, e.g. BINARY_OP_ADD_INT. */
  readonly name: string;
  /** The name of the instruction that the compiler emitted, e.g. BINARY_OP. */
  readonly base: string;
}

/** One row per code object. `name`, `qualname`, `filename` index `Profile.strings`. */
export interface CodeTable {
  readonly length: number;
  readonly name: Uint32Array;
  /** co_qualname on 3.11+, else the same as `name`. */
  readonly qualname: Uint32Array;
  readonly filename: Uint32Array;
  readonly firstLine: Int32Array;
  /** Bytecode as last read: specialised in place on 3.11+. */
  readonly bytecode: readonly Uint8Array[];
  /** co_lnotab (to 3.9), co_linetable (3.10+), as the interpreter stores it. */
  readonly lineTable: readonly Uint8Array[];
}

/** A frame is (code object, instruction). */
export interface FrameTable {
  readonly length: number;
  readonly code: Uint32Array;
  /** Byte offset of the instruction in the bytecode, its EXTENDED_ARG prefixes and caches resolved; -1 before the first. */
  readonly offset: Int32Array;
  /** 1-based line; 0 when the instruction has none. */
  readonly line: Int32Array;
}

/** A stack is its leaf frame on top of its parent stack. `parent` is -1 at the root and always less than the row. */
export interface StackTable {
  readonly length: number;
  readonly parent: Int32Array;
  readonly frame: Uint32Array;
}

export interface Thread {
  /** Thread id as /proc shows it to the profiler; 0 when unknown. */
  readonly tid: number;
  /** threading.get_ident() of the target, as a decimal string (64 bits do not fit a number). */
  readonly ident: string;
  /** Python's name for it, else the kernel's. */
  readonly name: string;
  /** Id of the interpreter it belongs to; 0 is the main one. */
  readonly interpreter: number;
  /** Of a child process: its id. Missing for the target's own threads. */
  readonly pid?: number;
}

/** Rows in time order per thread. Equal neighbours are merged: a row stands for `count` samples. */
export interface SampleTable {
  readonly length: number;
  /** Index into `threads`. */
  readonly thread: Uint32Array;
  /** Index into `stacks`; -1 when the thread could not be read. */
  readonly stack: Int32Array;
  /** Index into `opcodes`: the leaf's instruction as it was at that instant; -1 when unknown. */
  readonly opcode: Int32Array;
  /** Bits of `SampleFlag`, and of waits their kind: see `waitKindOf`. */
  readonly flags: Uint8Array;
  /** Nanoseconds since the start, of the first sample of the row. */
  readonly time: Float64Array;
  /** Nanoseconds the row stands for: the time that truly passed, not a nominal period. */
  readonly weight: Float64Array;
  /** Of a wait: how many ticks would have come in its time, which may be none. */
  readonly count: Uint32Array;
}

/** One row for all waits with the same stack, of the same kind, with or without the GIL. */
export interface WaitTable {
  readonly length: number;
  /** Index into `stacks`. */
  readonly stack: Uint32Array;
  /** As `SampleTable.flags`, of which only the kind and `SampleFlag.Gil` are there. */
  readonly flags: Uint8Array;
  /** How many there were. */
  readonly count: Uint32Array;
  /** Nanoseconds: the longest of them. */
  readonly longest: Float64Array;
}

export const SampleFlag = {
  /** The thread was running, or waiting for a CPU, not asleep in the kernel. */
  Active: 1,
  /** The thread held the GIL (free-threaded: was attached to the interpreter). */
  Gil: 2,
  /** The leaf ran inside a JIT executor: its instruction is only near. */
  Jit: 4,
  /** The root's end is missing (deeper than the walker's bound), or the leaf's (memory is kept for no more stacks). */
  Truncated: 8,
} as const;

/** Above these bits stands what the thread waited for: sample_flag::kWaitShift in native/batch.h. */
export const waitShift = 4;

/**
 * What a thread can wait for, in the order of WaitKind in native/readers/wait_kind.h, of three bits. 'none' is of rows in which
 * it ran, or waited for less than `meta.leastWait`. Other readers than the kernel's tell 'GIL' alone.
 */
export const waitKinds = ['none', 'unknown', 'GIL', 'lock', 'I/O', 'sleep', 'process', 'processor'] as const;

export type WaitKind = (typeof waitKinds)[number];

/** Whether the thread of a row waited for the GIL, by its `flags`. */
export function waitsForGil(flags: number): boolean {
  return waitKindOf(flags) === gilKind;
}

const gilKind = waitKinds.indexOf('GIL');

/** What the thread of a row waited for, by its `flags`: an index into `waitKinds`. */
export function waitKindOf(flags: number): number {
  return (flags & SampleFlag.Active) === 0 ? (flags >> waitShift) & 7 : 0;
}
