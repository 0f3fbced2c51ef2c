import { type NativeSampler, type NativeThread, native } from '../native.js';
import type { OperandType, OperandTypes } from '../profile/profile.js';
import { disassemble } from '../python/disassemble.js';
import { type OpcodeTable, opcodeTable } from '../python/opcodes.js';
import type { Source } from '../python/operand-sources.js';
import { readPointer, viewOf } from '../target/memory.js';
import { codeNames } from '../target/objects/code-names.js';
import { ObjectReader } from '../target/objects/object-reader.js';
import { OperandTypeReader } from '../target/objects/operand-types.js';
import { FrameReader, isSameFrame, type RunningFrame } from '../target/objects/running-frame.js';
import { processorOf, timeOnProcessors } from '../target/process.js';
import type { Target } from '../target/target.js';
import { type HotInstruction, HotInstructions, type LeafSamples } from './hot-instructions.js';
import { Globals } from './looked-at-globals.js';
import type { Processor } from './sampler-config.js';
import { WatchedCode, type WatchedInstruction } from './watched-instruction.js';

/** What the looks at all processes of one recording have in common. */
export class Looking {
  /** On the processors where the processes run. */
  readonly beside: boolean;
  /** Milliseconds of looking and choosing that are left, of all together. */
  left = mostTime;

  constructor(processor: Processor) {
    this.beside = processor !== 'other';
  }
}

/**
 * Looks, from time to time while a recording goes on, of which types the operands of the hottest instructions are that
 * have forms for types. Samples and caches do not tell that. The target is neither stopped nor written to: a look is
 * what a thread's frame holds, and counts only where frame, instruction and references were the same before and after
 * their types were read. That is so as a rule where we run on the target's own processor, which then waits.
 */
export class OperandLooks {
  readonly #target: Target;
  readonly #sampler: NativeSampler;
  readonly #table: OpcodeTable;
  readonly #looking: Looking;
  readonly #hot = new HotInstructions();
  readonly #frames: FrameReader;
  readonly #objects: ObjectReader;
  readonly #types: OperandTypeReader;
  /** By the sampler's id; nothing for a code object that cannot be watched. */
  readonly #codes = new Map<number, WatchedCode | undefined>();
  readonly #watched = new Map<string, WatchedInstruction | undefined>();
  /** Nanoseconds that threads had run for at their last look. */
  readonly #ran = new Map<NativeThread, bigint>();
  readonly #began = performance.now();
  /** Milliseconds after that. */
  #next = 0;

  constructor(target: Target, sampler: NativeSampler, looking: Looking) {
    this.#target = target;
    this.#sampler = sampler;
    this.#table = opcodeTable(target.version);
    this.#looking = looking;
    this.#frames = new FrameReader(target.read, target.layout);
    this.#objects = new ObjectReader(target, mostReads);
    this.#types = new OperandTypeReader(this.#objects);
  }

  /** Whether a target's instructions have operands that can be looked at. */
  static possible({ version, freeThreaded }: Target): boolean {
    // Free-threaded builds run copies of the bytecode (3.14+), or specialise nothing (3.13).
    return version.minor >= 11 && !freeThreaded;
  }

  /** Samples of a running thread. */
  sampled(samples: LeafSamples): void {
    this.#hot.add(samples);
  }

  /**
   * Takes some looks, within what is left of the time for them: ever further apart, so that they are of all of a
   * recording, however long it is.
   *
   * @param isLast nothing comes after them
   */
  look(isLast: boolean): void {
    const began = performance.now();
    const elapsed = began - this.#began;
    if (!isLast && (elapsed < this.#next || this.#looking.left <= forTheEnd)) return;
    this.#next = elapsed * spacing;
    const chosen = this.#choose();
    const threads = hottestThreads(chosen);
    this.#spend(began);
    const [first] = threads;
    if (first === undefined) return;
    const processor = this.#looking.beside ? processorOf(this.#target.pid, first.tid) : undefined;
    if (processor !== undefined) native().stayOnProcessor(processor);
    try {
      this.#lookAt(threads, byCode(chosen), isLast ? looksAtTheEnd : looksAtOnce);
    } finally {
      if (processor !== undefined) native().stayOnProcessor(-1);
    }
  }

  /** On a busy machine most of a long time was not ours. */
  #spend(began: number): void {
    this.#looking.left -= Math.min(performance.now() - began, longestLook);
  }

  /** What was seen. */
  rows(): readonly OperandTypes[] {
    return [...this.#watched.values()].flatMap((one) =>
      one === undefined || one.looks === 0 ? [] : [one.row()],
    );
  }

  #lookAt(threads: readonly NativeThread[], watched: Watched, most: number): void {
    const globals = new Globals(this.#objects);
    const end = performance.now() + longestAtOnce;
    for (let look = 0; look < most && this.#looking.left > 0 && performance.now() < end; look++) {
      // Asleep, not in a promise: whatever else would begin now would stay on that processor, too.
      Atomics.wait(nobody, 0, 0, betweenLooks);
      const began = performance.now();
      for (const thread of threads) this.#lookAtThread(thread, watched, globals);
      this.#spend(began);
    }
    globals.settle();
  }

  #lookAtThread(thread: NativeThread, watched: Watched, globals: Globals): void {
    const ran = timeOnProcessors(this.#target.pid, thread.tid);
    // One that has not run since is where it was: that is no look more.
    if (ran === undefined || ran === this.#ran.get(thread)) return;
    this.#ran.set(thread, ran);
    this.#objects.memory.forget();
    const frames = this.#frames.frames(thread.state, mostSlots, mostFrames);
    const seen = frames.flatMap((frame, depth) => this.#seenIn(frame, depth, watched, globals));
    if (seen.length === 0) return;
    this.#objects.memory.forget();
    const again = this.#frames.frames(thread.state, mostSlots, mostFrames);
    for (const { one, depth, objects, types } of seen) {
      const now = again[depth];
      if (now === undefined || !isSameFrame(frames[depth], now, one.slots)) continue;
      if (one.sources.some((source, at) => this.#objectOf(one, source, now, globals) !== objects[at]))
        continue;
      const state = this.#stateOf(one);
      if (one.sources.some(isOfGlobal)) globals.later(() => one.add(types, state));
      else one.add(types, state);
    }
  }

  #seenIn(frame: RunningFrame, depth: number, watched: Watched, globals: Globals): readonly Seen[] {
    const here = watched.get(frame.code) ?? [];
    const [first] = here;
    if (first === undefined) return [];
    const place = first.of.owner(Number(BigInt.asIntN(53, frame.instruction - this.#start(first))));
    return here.flatMap((one): readonly Seen[] => {
      if (!one.stretch.has(place)) return [];
      const objects = one.sources.map((source) => this.#objectOf(one, source, frame, globals));
      const types = one.sources.map((source, at) => this.#typeOf(one, source, objects[at] ?? 0n));
      // One that should be there and is not: the frame is not what it seemed to be.
      const known = types.flatMap((type) => type ?? []);
      const isSeen = known.length === types.length && known.some(({ name }) => name !== '');
      return isSeen ? [{ one, depth, objects, types: known }] : [];
    });
  }

  /** Address of its bytecode. */
  #start({ of: { code } }: WatchedInstruction): bigint {
    return code.address + BigInt(this.#target.layout.field('PyCodeObject', 'co_code_adaptive'));
  }

  /** Opcode and argument, then the counter that its cache begins with. */
  #stateOf(one: WatchedInstruction): number {
    const bytes = this.#target.read(this.#start(one) + BigInt(one.hot.offset), 4);
    return bytes === undefined ? 0 : viewOf(bytes).getUint32(0, true);
  }

  /** Nothing where a variable has no object that has a type. */
  #typeOf(one: WatchedInstruction, source: Source, object: bigint): OperandType | undefined {
    // A builtin, or an attribute of a class. A variable has to be there.
    if (object === 0n) return source.kind === 'local' ? undefined : notLookedAt;
    const type = readPointer(this.#target.read, object + BigInt(this.#objects.fields.typePointer));
    return type === undefined ? undefined : this.#types.of(object, type, one.use);
  }

  /** Address of the object that a source stands for in a frame; 0n where there is none. */
  #objectOf(one: WatchedInstruction, source: Source, frame: RunningFrame, globals: Globals): bigint {
    switch (source.kind) {
      case 'local':
        return this.#frames.object(frame.held(source.slot));
      case 'cell':
        return this.#objects.cellContents(this.#frames.object(frame.held(source.slot))) ?? 0n;
      case 'global':
        return globals.find(frame.globals, one.of.names.names[source.name] ?? '');
      case 'attribute': {
        const owner = this.#objectOf(one, source.of, frame, globals);
        return owner === 0n ? 0n : this.#types.attribute(owner, one.of.names.names[source.name] ?? '');
      }
      default:
        return 0n;
    }
  }

  /** The hottest instructions that stay general, then other ones whose form one type alone fits. */
  #choose(): readonly WatchedInstruction[] {
    const hot = this.#hot.hottest(leastShare).filter(({ count }) => count >= fewestSamples);
    const fresh = new Map<number, Uint8Array>();
    const bytecode = (native: number): Uint8Array => {
      const known = fresh.get(native) ?? this.#sampler.bytecode(native);
      fresh.set(native, known);
      return known;
    };
    const opcode = (one: HotInstruction) => bytecode(one.native)[one.offset] ?? 0;
    const general = hot.filter((one) => this.#isGeneral(opcode(one)));
    const others = hot.filter((one) => !general.includes(one) && this.#isOfOneClass(opcode(one)));
    return [...general, ...others]
      .filter((one) => !this.#hasExecutor(bytecode(one.native)) && this.#isThere(one))
      .flatMap((one) => this.#watch(one, bytecode(one.native)) ?? [])
      .slice(0, mostInstructions);
  }

  /** Whether its code object has not been freed, and its memory taken for another one. */
  #isThere({ code }: HotInstruction): boolean {
    const { field } = this.#target.layout;
    const line = this.#target.read(code.address + BigInt(field('PyCodeObject', 'co_firstlineno')), 4);
    const units = readPointer(this.#target.read, code.address + BigInt(this.#objects.fields.varSize));
    return (
      line !== undefined &&
      viewOf(line).getInt32(0, true) === code.firstLine &&
      units === BigInt(code.bytecode.length / 2)
    );
  }

  /** Inside of what the JIT has compiled the frame does not tell at which instruction it is. */
  #hasExecutor(bytecode: Uint8Array): boolean {
    const { enterExecutor } = this.#table.special;
    return (
      bytecode.includes(enterExecutor) &&
      disassemble(this.#table, bytecode).some(({ opcode }) => opcode === enterExecutor)
    );
  }

  /** In no form for types, or one for all. To 3.12 CONTAINS_OP has none at all: what is searched matters all the same. */
  #isGeneral(opcode: number): boolean {
    const isAdaptive = this.#table.specialisation(opcode) === 'adaptive';
    return isAdaptive || /^(CALL_NON_PY_GENERAL|CONTAINS_OP)$/.test(this.#table.shownName(opcode));
  }

  #isOfOneClass(opcode: number): boolean {
    return /^(LOAD_ATTR|LOAD_METHOD|STORE_ATTR|UNPACK_SEQUENCE)$/.test(this.#table.baseName(opcode));
  }

  #watch(hot: HotInstruction, bytecode: Uint8Array): WatchedInstruction | undefined {
    const key = `${hot.native} ${hot.offset}`;
    if (!this.#watched.has(key)) {
      this.#watched.set(key, this.#codeOf(hot, bytecode)?.watch(hot));
    }
    return this.#watched.get(key);
  }

  #codeOf({ native, code }: HotInstruction, bytecode: Uint8Array): WatchedCode | undefined {
    if (!this.#codes.has(native)) {
      this.#objects.memory.forget();
      const names = codeNames(this.#objects, this.#target.layout, code.address, code);
      this.#codes.set(native, names && new WatchedCode(this.#table, code, bytecode, names));
    }
    return this.#codes.get(native);
  }
}

type Watched = ReadonlyMap<bigint, readonly WatchedInstruction[]>;

/** By address of the code object. */
function byCode(all: readonly WatchedInstruction[]): Watched {
  const found = new Map<bigint, WatchedInstruction[]>();
  for (const one of all) {
    const { address } = one.of.code;
    found.set(address, [...(found.get(address) ?? []), one]);
  }
  return found;
}

/** What one frame held, before it is known whether it was of one instant. */
interface Seen {
  readonly one: WatchedInstruction;
  /** Which frame, from the top. */
  readonly depth: number;
  /** Addresses of the operands. */
  readonly objects: readonly bigint[];
  readonly types: readonly OperandType[];
}

function isOfGlobal(source: Source): boolean {
  return source.kind === 'global' || (source.kind === 'attribute' && isOfGlobal(source.of));
}

function hottestThreads(watched: readonly WatchedInstruction[]): readonly NativeThread[] {
  const weights = new Map<NativeThread, number>();
  for (const { hot } of watched) {
    for (const [thread, weight] of hot.threads) weights.set(thread, (weights.get(thread) ?? 0) + weight);
  }
  return [...weights]
    .filter(([{ tid }]) => tid !== 0)
    .sort(([, a], [, b]) => b - a)
    .slice(0, mostThreads)
    .map(([thread]) => thread);
}

const notLookedAt: OperandType = { name: '', base: '', traits: [] };
const nobody = new Int32Array(new SharedArrayBuffer(4));

/** Milliseconds: long for a loop, which is somewhere else by then. */
const betweenLooks = 0.6;
/** Milliseconds; of them so many for the last looks. */
const mostTime = 30;
const forTheEnd = 5;
const longestLook = 1;
const longestAtOnce = 50;
/** Each keeps the target from its processor for some dozens of microseconds. */
const looksAtOnce = 16;
const looksAtTheEnd = 48;
const spacing = 1.4;
const leastShare = 0.01;
const fewestSamples = 5;
const mostInstructions = 16;
const mostThreads = 3;
const mostFrames = 6;
const mostSlots = 64;
/** Pages of the target's memory. */
const mostReads = 20_000;
