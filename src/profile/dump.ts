import type { TargetDescription, Thread } from './profile.js';

/** Every thread's stack at one instant. Plain values only: `JSON.stringify` loses nothing. */
export interface Dump {
  readonly target: TargetDescription;
  /** In the order of the interpreter's list: the newest first. */
  readonly threads: readonly DumpThread[];
}

export interface DumpThread extends Omit<Thread, 'pid'> {
  /** `active`: it ran or waited for a CPU, so was not asleep in the kernel. `idle`: it slept, for anything but the GIL. */
  readonly state: 'active' | 'idle' | 'waiting for the GIL';
  /** It held the GIL (free-threaded: was attached to the interpreter). */
  readonly gil: boolean;
  /** Whether its stack could be read; if not, there are no frames here. */
  readonly readable: boolean;
  /** Leaf first. */
  readonly frames: readonly DumpFrame[];
}

export interface DumpFrame {
  /** Qualified name on 3.11+, else the bare name. */
  readonly function: string;
  readonly file: string;
  /** 1-based; 0 when the instruction has none. */
  readonly line: number;
  /** Byte offset of the instruction in the bytecode; -1 before the first. */
  readonly offset: number;
  /** The instruction as it is now, specialised or not; nothing when something else stands in its place. */
  readonly opcode?: string;
  /** Only when asked for, and when the frame still ran the same code when they were read, a moment later. */
  readonly locals?: readonly DumpLocal[];
}

export interface DumpLocal {
  readonly name: string;
  /** Like Python's `repr`, within limits. */
  readonly value: string;
}
