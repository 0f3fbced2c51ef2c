import { PairTable } from '../lib/pair-table.js';
import { isCounted } from './counts.js';
import type { SampleFilter } from './filter.js';
import { type Profile, type Thread, type WaitKind, waitKindOf, waitKinds, waitsForGil } from './profile.js';

/**
 * How stacks are to be seen: which samples, and what tells two frames apart. Waits have one more frame: what they are for.
 * Where idle threads are shown, those that wait for the GIL have it, too.
 */
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

/** The same view of the waits, instead of what ran. */
export function viewOfWaits(view: View): View {
  return { ...view, filter: { ...view.filter, waits: true } };
}

export function isOfWaits({ filter }: View): boolean {
  return filter.waits === true;
}

export interface ViewFrame {
  readonly kind: 'function' | 'opcode' | 'wait' | 'thread';
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
  /** By kind of wait, as far as they have a frame; others -1. */
  readonly ofWait: Int32Array;
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

/**
 * `thread (tid): name`, with Python's own id where the system's is not known, and of a child process with `process pid, `
 * before it; of an exact count `process pid`.
 */
export function threadText({ meta }: Pick<Profile, 'meta'>, thread: Thread): string {
  if (isCounted(meta)) return `process ${thread.tid}`;
  const id = thread.tid > 0 ? String(thread.tid) : thread.ident;
  const process = thread.pid === undefined ? '' : `process ${thread.pid}, `;
  return `${process}thread (${id})${thread.name === '' ? '' : `: ${thread.name}`}`;
}

/** What is waited for, as a frame; of an unknown kind it is told that it is a wait. */
export function waitText(kind: WaitKind): string {
  return kind === 'unknown' ? '[unknown wait]' : `[${kind}]`;
}

export function viewFrames(profile: Profile, view: View): ViewFrames {
  const { frames, ofFrame } = functionFrames(profile, view);
  const kinds = waitKindsIn(profile, view);
  const added = (others: readonly ViewFrame[]) => Int32Array.from(others, (frame) => frames.push(frame) - 1);
  const ofOpcode = added(view.opcodes ? profile.opcodes.map(({ name }) => other('opcode', name)) : []);
  const waits = added(kinds.map((kind) => other('wait', waitText(kind))));
  return {
    frames,
    ofFrame,
    ofOpcode,
    ofWait: Int32Array.from(waitKinds, (kind) => waits[kinds.indexOf(kind)] ?? -1),
    ofThread: added(
      view.threads ? profile.threads.map((thread) => other('thread', threadText(profile, thread))) : [],
    ),
  };
}

/** Those that have a frame. Threads that wait for the GIL are told from those that are idle where both are shown. */
function waitKindsIn({ samples }: Profile, view: View): readonly WaitKind[] {
  if (isOfWaits(view)) return waitKinds.slice(1);
  return view.filter.idle === true && samples.flags.some(waitsForGil) ? ['GIL'] : [];
}

/** What the view puts on top of the stack of a row of samples, from the stack on: its instruction, what it waits for. */
export function framesOnTop({ samples }: Profile, { ofOpcode, ofWait }: ViewFrames, row: number): number[] {
  const opcode = ofOpcode[samples.opcode[row] as number];
  const wait = ofWait[waitKindOf(samples.flags[row] as number)];
  return [opcode ?? -1, wait ?? -1].filter((frame) => frame >= 0);
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

function other(kind: Exclude<ViewFrame['kind'], 'function'>, name: string): ViewFrame {
  return { kind, name, file: '', line: 0 };
}
