import type { Finding } from '../../../advice/finding.js';
import type { Specialisation } from '../../../python/opcodes.js';

/**
 * What the exporter puts into the page, as JSON. Columns of numbers are base64 of their bytes, little-endian: they
 * take less room than digits, and no time to parse.
 */
export interface ReportData {
  /** The command line. */
  readonly title: string;
  /** Of the recording, in a few words each. */
  readonly facts: readonly string[];
  /** Whole sentences: what is missing, what was filtered. */
  readonly notes: readonly string[];
  /** What weights are: nanoseconds, or in an exact count executions. Counts are samples, and mean nothing there. */
  readonly amounts: 'time' | 'executions';
  /** Nanoseconds. */
  readonly duration: number;
  /** Waits are told apart by what they are for. */
  readonly knowsWaits: boolean;
  /** Waiting for the GIL is told apart from them, or from other ways to be idle. */
  readonly knowsGilWaits: boolean;
  /** The interpreter rewrites instructions for the values that they meet (3.11+), and what it wrote was seen. */
  readonly specialises: boolean;
  readonly initial: {
    readonly counts: Counts;
    readonly byLine: boolean;
    readonly instructions: boolean;
    readonly threads: boolean;
  };
  readonly strings: readonly string[];
  readonly opcodes: readonly OpcodeData[];
  readonly threads: readonly string[];
  readonly codes: {
    readonly length: number;
    readonly name: Integers;
    readonly file: Integers;
    readonly firstLine: Integers;
    /** Rows of `instructions` from here up to before the next code's. */
    readonly firstInstruction: Integers;
  };
  readonly instructions: {
    readonly length: number;
    readonly offset: Integers;
    readonly opcode: Integers;
    /** -1 for none. */
    readonly arg: Integers;
    /** Row of `texts`. */
    readonly text: Integers;
    readonly target: Integers;
    readonly line: Integers;
    readonly endLine: Integers;
    readonly column: Integers;
    readonly endColumn: Integers;
  };
  readonly texts: readonly string[];
  readonly frames: {
    readonly length: number;
    readonly code: Integers;
    readonly offset: Integers;
    readonly line: Integers;
  };
  readonly stacks: { readonly length: number; readonly parent: Integers; readonly frame: Integers };
  /** Those that could be read, and pass the view's filters of file and instruction. */
  readonly samples: {
    readonly length: number;
    readonly thread: Integers;
    readonly stack: Integers;
    readonly opcode: Integers;
    readonly flags: Integers;
    readonly count: Integers;
    readonly time: Doubles;
    readonly weight: Doubles;
  };
  readonly advice: readonly AdviceData[];
  readonly sources: readonly { readonly file: number; readonly text: string; readonly changed: boolean }[];
}

export interface AdviceData extends Omit<Finding, 'kind' | 'file'> {
  /** Row of `strings`. */
  readonly file: number;
}

/** What counts: threads that ran; also those that slept; those that held the GIL; those that waited for it; all waits. */
export type Counts = 'ran' | 'all' | 'gil' | 'gil-waits' | 'waits';

export interface OpcodeData {
  readonly name: string;
  readonly base: string;
  readonly family: string;
  readonly state: State;
}

export type State = Specialisation;

/** Base64 of an Int32Array, and of a Float64Array. */
export type Integers = string;
export type Doubles = string;
