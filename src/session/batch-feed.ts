import { Int32Column } from '../lib/int32-column.js';
import type { Batch, NativeCode, NativeSampler, NativeThread } from '../native.js';
import type { ProfileBuilder } from '../profile/builder.js';
import { SampleFlag } from '../profile/profile.js';
import type { OpcodeTable } from '../python/opcodes.js';
import type { LeafSamples } from './hot-instructions.js';
import type { Child } from './recording.js';
import { callOverTrampoline, isTrampoline } from './trampoline.js';

/** Who wants to know of code objects. */
export interface FoundCodes {
  found(id: number, code: NativeCode): void;
  foundLeaf(id: number, code: NativeCode): void;
}

export interface FeedOptions {
  readonly nameOf: (thread: NativeThread) => string;
  /** Is told of code objects as they are found, by the builder's ids. */
  readonly text?: FoundCodes | undefined;
  /** Where the samples are not of the target itself. */
  readonly child?: Child | undefined;
  /** Of instructions that running threads were at. */
  readonly listener?: LeafListener | undefined;
}

/** Who wants to know which instructions running threads are at. */
export interface LeafListener {
  sampled(samples: LeafSamples): void;
}

/**
 * Feeds a builder from the native sampler's batches. Both count codes, frames, stacks and threads from 0 on, but
 * the builder knows equal ones as one, so each native id is kept with the builder's id for it.
 */
export class BatchFeed {
  readonly #builder: ProfileBuilder;
  readonly #opcodeNames: OpcodeTable;
  readonly #nameOf: (thread: NativeThread) => string;
  readonly #text: FoundCodes | undefined;
  readonly #child: Child | undefined;
  readonly #listener: LeafListener | undefined;
  readonly #codes: number[] = [];
  readonly #objects: NativeCode[] = [];
  /** Native ids of code objects whose frames belong to no function of the program. */
  readonly #hidden = new Set<number>();
  /** Native ids of stacks that end with such a frame: they count for the instruction that pushed it. */
  readonly #hiddenLeaves = new Set<number>();
  readonly #callOverTrampoline: number;
  readonly #frames: number[] = [];
  readonly #frameCodes: number[] = [];
  /** By native frame: where in its code object; where somebody wants to know. */
  readonly #frameOffsets: number[] = [];
  readonly #stacks = new Int32Column();
  /** By native stack: the native code object on top. */
  readonly #stackCodes = new Int32Column();
  /** By native stack: where in it; where somebody wants to know. */
  readonly #stackOffsets = new Int32Column();
  readonly #leaves = new Set<number>();
  readonly #threads: NativeThread[] = [];
  readonly #threadIds: number[] = [];
  readonly #opcodes = new Int32Array(256).fill(-1);

  constructor(
    builder: ProfileBuilder,
    opcodeNames: OpcodeTable,
    { nameOf, text, child, listener }: FeedOptions,
  ) {
    this.#builder = builder;
    this.#opcodeNames = opcodeNames;
    this.#nameOf = nameOf;
    this.#text = text;
    this.#child = child;
    this.#listener = listener;
    this.#callOverTrampoline = opcodeNames.opcodeByName(callOverTrampoline) ?? -1;
  }

  /** Takes over everything that a batch brought. */
  add(batch: Batch): void {
    this.#addTables(batch);
    const { thread, stack, opcode, flags, time, weight, count } = batch.samples;
    const began = this.#child?.began ?? 0;
    for (let row = 0; row < thread.length; row++) {
      const stackRow = stack[row] as number;
      if (stackRow >= 0) this.#tellLeaf(this.#stackCodes.at(stackRow) as number);
      this.#builder.addSample(
        this.#threadId(thread[row] as number),
        stackRow < 0 ? -1 : (this.#stacks.at(stackRow) as number),
        this.#opcodeId(this.#hiddenLeaves.has(stackRow) ? this.#callOverTrampoline : (opcode[row] as number)),
        flags[row] as number,
        began + (time[row] as number),
        weight[row] as number,
        count[row] as number,
      );
      if (stackRow >= 0 && ((flags[row] as number) & listened) === SampleFlag.Active) {
        this.#tellListener(stackRow, thread[row] as number, weight[row] as number, count[row] as number);
      }
    }
    const { waits } = batch;
    for (let row = 0; row < waits.stack.length; row++) {
      const stackRow = this.#stacks.at(waits.stack[row] as number) as number;
      this.#builder.addWait(stackRow, waits.flags[row] as number, waits.length[row] as number);
    }
  }

  /** Gives the builder the bytecode as the sampler last read it: more of it is specialised by then. */
  updateBytecode(sampler: NativeSampler): void {
    this.#objects.forEach((code, id) => {
      this.#builder.addCode({ ...code, bytecode: sampler.bytecode(id) });
    });
  }

  #addTables(batch: Batch): void {
    for (const code of batch.codes) {
      if (isTrampoline(code)) this.#hidden.add(this.#objects.length);
      this.#objects.push(code);
      const id = this.#builder.addCode(code);
      this.#codes.push(id);
      this.#text?.found(id, code);
    }
    const { frames, stacks } = batch;
    for (let row = 0; row < frames.code.length; row++) {
      const nativeCode = frames.code[row] as number;
      const code = this.#codes[nativeCode] as number;
      this.#frameCodes.push(nativeCode);
      if (this.#listener !== undefined) this.#frameOffsets.push(frames.offset[row] as number);
      this.#frames.push(this.#builder.addFrame(code, frames.offset[row] as number));
    }
    for (let row = 0; row < stacks.parent.length; row++) {
      this.#stacks.push(this.#addStack(stacks.parent[row] as number, stacks.frame[row] as number));
      this.#stackCodes.push(this.#frameCodes[stacks.frame[row] as number] as number);
      if (this.#listener !== undefined) {
        this.#stackOffsets.push(this.#frameOffsets[stacks.frame[row] as number] as number);
      }
    }
    this.#threads.push(...batch.threads);
  }

  #tellLeaf(nativeCode: number): void {
    if (this.#text === undefined || this.#leaves.has(nativeCode)) return;
    this.#leaves.add(nativeCode);
    this.#text.foundLeaf(this.#codes[nativeCode] as number, this.#objects[nativeCode] as NativeCode);
  }

  #tellListener(stack: number, thread: number, weight: number, count: number): void {
    if (this.#listener === undefined) return;
    const native = this.#stackCodes.at(stack) as number;
    this.#listener.sampled({
      native,
      id: this.#codes[native] as number,
      code: this.#objects[native] as NativeCode,
      offset: this.#stackOffsets.at(stack) as number,
      thread: this.#threads[thread] as NativeThread,
      weight,
      count,
    });
  }

  #addStack(nativeParent: number, nativeFrame: number): number {
    const parent = nativeParent < 0 ? -1 : (this.#stacks.at(nativeParent) as number);
    if (this.#hidden.has(this.#frameCodes[nativeFrame] as number)) {
      this.#hiddenLeaves.add(this.#stacks.length);
      return parent;
    }
    return this.#builder.addStack(parent, this.#frames[nativeFrame] as number);
  }

  /** Threads come into the profile with their first sample: some never run Python code. */
  #threadId(row: number): number {
    const known = this.#threadIds[row];
    if (known !== undefined) return known;
    const thread = this.#threads[row] as NativeThread;
    const { tid, ident, interpreter } = thread;
    const name = this.#nameOf(thread);
    const pid = this.#child === undefined ? {} : { pid: this.#child.pid };
    const id = this.#builder.addThread({ tid, ident: ident.toString(), name, interpreter, ...pid });
    this.#threadIds[row] = id;
    return id;
  }

  #opcodeId(opcode: number): number {
    if (opcode < 0) return -1;
    const known = this.#opcodes[opcode] as number;
    if (known >= 0) return known;
    const names = this.#opcodeNames;
    const id = this.#builder.addOpcode(names.shownName(opcode), names.baseName(opcode));
    this.#opcodes[opcode] = id;
    return id;
  }
}

/** A thread that ran, and not inside of what the JIT has compiled: there its instruction is only near. */
const listened = SampleFlag.Active | SampleFlag.Jit;
