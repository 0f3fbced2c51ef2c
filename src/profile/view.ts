import { PairTable } from '../lib/pair-table.js';
import type { SampleFilter } from './filter.js';
import type { Profile, Thread } from './profile.js';

/** How stacks are to be seen: which samples, and what tells two frames apart. */
export interface View {
  readonly filter: SampleFilter;
  /** `line`: frames differ by the line they are at; `function`: one frame a function, at its first line. */
  readonly granularity: 'line' | 'function';
  /** Without them frames differ by function and file alone. */
  readonly lineNumbers: boolean;
  /** Adds the leaf's instruction as one more frame. */
  readonly opcodes: boolean;
  /** Puts a frame for the thread at the root. */
  readonly threads: boolean;
}

export const defaultView: View = Object.freeze({
  filter: Object.freeze({}),
  granularity: 'line',
  lineNumbers: true,
  opcodes: false,
  threads: false,
});

export interface ViewFrame {
  readonly kind: 'function' | 'opcode' | 'thread';
  readonly name: string;
  /** '' for what is not a function. */
  readonly file: string;
  /** 1-based; 0 for none. */
  readonly line: number;
}

/** The frames of a view, each once, and which of them the rows of the profile's tables are. */
export interface ViewFrames {
  readonly frames: readonly ViewFrame[];
  /** By row of `Profile.frames`. */
  readonly ofFrame: Int32Array;
  /** By row of `Profile.opcodes`; empty unless the view has them. */
  readonly ofOpcode: Int32Array;
  /** By row of `Profile.threads`; empty unless the view has them. */
  readonly ofThread: Int32Array;
}

/** The text of a frame as profilers usually write it: `name (file:line)`. Not made safe to show. */
export function frameText(frame: ViewFrame): string {
  if (frame.kind !== 'function') {
    return frame.name;
  }
  return frame.line > 0 ? `${frame.name} (${frame.file}:${frame.line})` : `${frame.name} (${frame.file})`;
}

/** `thread (tid): name`, with Python's own id where the system's is not known. */
export function threadText(thread: Thread): string {
  const id = thread.tid > 0 ? String(thread.tid) : thread.ident;
  return thread.name === '' ? `thread (${id})` : `thread (${id}): ${thread.name}`;
}

export function viewFrames(profile: Profile, view: View): ViewFrames {
  const { frames, ofFrame } = functionFrames(profile, view);
  const opcodes = view.opcodes ? profile.opcodes.map(({ name }) => other('opcode', name)) : [];
  const threads = view.threads ? profile.threads.map((thread) => other('thread', threadText(thread))) : [];
  return {
    frames: [...frames, ...opcodes, ...threads],
    ofFrame,
    ofOpcode: Int32Array.from(opcodes, (_, index) => frames.length + index),
    ofThread: Int32Array.from(threads, (_, index) => frames.length + opcodes.length + index),
  };
}

function functionFrames(profile: Profile, view: View): { frames: ViewFrame[]; ofFrame: Int32Array } {
  const { codes, strings } = profile;
  const functions = new PairTable();
  const places = new PairTable();
  const frames: ViewFrame[] = [];
  const ofFrame = Int32Array.from(profile.frames.code, (code, row) => {
    const name = codes.qualname[code] as number;
    const file = codes.filename[code] as number;
    const line = lineOf(profile, view, row);
    const id = places.add(functions.add(name, file), line);
    if (id === frames.length) {
      frames.push({ kind: 'function', name: strings[name] ?? '', file: strings[file] ?? '', line });
    }
    return id;
  });
  return { frames, ofFrame };
}

function lineOf({ frames, codes }: Profile, view: View, row: number): number {
  if (!view.lineNumbers) {
    return 0;
  }
  const line = view.granularity === 'line' ? frames.line[row] : codes.firstLine[frames.code[row] as number];
  return Math.max(0, line ?? 0);
}

function other(kind: 'opcode' | 'thread', name: string): ViewFrame {
  return { kind, name, file: '', line: 0 };
}
