import type { Batch, NativeCode, NativeSampler, NativeThread } from '../native.js';
import type { Dump, DumpFrame, DumpThread } from '../profile/dump.js';
import { SampleFlag, waitsForGil } from '../profile/profile.js';
import { lineAt } from '../python/linetable.js';
import { type OpcodeTable, opcodeTable } from '../python/opcodes.js';
import type { ReprLimits } from '../target/objects/repr-limits.js';
import type { Target } from '../target/target.js';
import type { DumpLocals } from './dump-locals.js';
import { samplerFor } from './sampler-for.js';
import { describeTarget } from './target-description.js';
import { ThreadNamer } from './thread-namer.js';
import { isTrampoline } from './trampoline.js';

export interface DumpOptions {
  /** Reads local variables too, within these limits or the usual ones. */
  readonly locals?: boolean | Partial<ReprLimits>;
}

/** Takes every thread's stack once. The target is neither stopped nor written to. */
export async function takeDump(target: Target, { locals = false }: DumpOptions = {}): Promise<Dump> {
  // Before the instant: with every moment that passes after it more of the locals belong to another one.
  const variables = locals === false ? undefined : await localsOf(target, locals === true ? {} : locals);
  const sampler = samplerFor(target, { rate: 1000 });
  const instant = takeInstant(sampler);
  const opcodes = opcodeTable(target.version);
  const frames = new FrameReader(target, sampler, instant, opcodes, variables);
  // Locals first: with every moment that passes more of them belong to another instant.
  const stacks = instant.samples.map((sample) => frames.of(sample));
  const namer = new ThreadNamer(target);
  const threads = instant.samples.map((sample, index) => ({
    ...describeThread(namer, sample),
    frames: stacks[index] ?? [],
  }));
  return { target: describeTarget(target), threads };
}

/** What reads them is loaded only here. */
async function localsOf(target: Target, limits: Partial<ReprLimits>): Promise<DumpLocals> {
  const { DumpLocals } = await import('./dump-locals.js');
  return new DumpLocals(target, limits);
}

/** A tick, and all that the sampler has told so far. */
interface Instant {
  readonly codes: readonly NativeCode[];
  readonly frames: readonly { readonly code: number; readonly offset: number }[];
  readonly samples: readonly ThreadSample[];
}

interface ThreadSample {
  readonly thread: NativeThread;
  /** Rows of `Instant.frames`, root first. */
  readonly frames: readonly number[];
  /** Addresses of the same frames; empty when they are not known. */
  readonly addresses: readonly bigint[];
  readonly readable: boolean;
  readonly opcode: number;
  readonly flags: number;
}

/**
 * A thread that cannot be read at once gets more attempts: its stack changes meanwhile, or is a deep chain of
 * frames (to 3.10), which the sampler gets to know bit by bit. Milliseconds.
 */
const longestWait = 1000;
const fewestAttempts = 20;

function takeInstant(sampler: NativeSampler): Instant {
  const batches: Batch[] = [];
  const rows = new Map<number, Row>();
  const began = performance.now();
  for (let attempt = 0; attempt < fewestAttempts || performance.now() - began < longestWait; attempt++) {
    sampler.sampleOnce();
    const batch = sampler.drain();
    batches.push(batch);
    for (const row of rowsOf(batch, sampler.lastFrames())) {
      if (row.stack >= 0 || !rows.has(row.thread)) rows.set(row.thread, row);
    }
    if ([...rows.values()].every(({ stack }) => stack >= 0)) break;
  }
  return assemble(batches, [...rows.values()]);
}

/** A thread as one tick found it. */
interface Row {
  readonly thread: number;
  readonly stack: number;
  readonly opcode: number;
  readonly flags: number;
  /** Root first. */
  readonly addresses: readonly bigint[];
}

function rowsOf({ samples }: Batch, lastFrames: ReturnType<NativeSampler['lastFrames']>): readonly Row[] {
  const addresses = new Map(lastFrames.map(({ thread, frames }) => [thread, frames]));
  return Array.from(samples.thread, (thread, row) => ({
    thread,
    stack: samples.stack[row] ?? -1,
    opcode: samples.opcode[row] ?? -1,
    flags: samples.flags[row] ?? 0,
    addresses: addresses.get(thread) ?? [],
  }));
}

/** Ids go on counting across batches, so that their tables can be put behind each other. */
function assemble(batches: readonly Batch[], rows: readonly Row[]): Instant {
  const threads = batches.flatMap((batch) => batch.threads);
  const parents = batches.flatMap(({ stacks }) => [...stacks.parent]);
  const leaves = batches.flatMap(({ stacks }) => [...stacks.frame]);
  const samples = rows.flatMap((row): ThreadSample[] => {
    const thread = threads[row.thread];
    if (thread === undefined) return [];
    const frames = framesOf(row.stack, parents, leaves);
    return [
      {
        thread,
        frames,
        addresses: row.addresses.length === frames.length ? row.addresses : [],
        readable: row.stack >= 0,
        opcode: row.opcode,
        flags: row.flags,
      },
    ];
  });
  return {
    codes: batches.flatMap((batch) => batch.codes),
    frames: batches.flatMap(({ frames }) =>
      Array.from(frames.code, (code, row) => ({ code, offset: frames.offset[row] ?? -1 })),
    ),
    samples,
  };
}

/** Frames of a stack, root first. Parents precede children, so this ends. */
function framesOf(stack: number, parents: readonly number[], leaves: readonly number[]): readonly number[] {
  const frames: number[] = [];
  for (let row = stack; row >= 0; row = parents[row] ?? -1) frames.push(leaves[row] ?? -1);
  return frames.reverse();
}

/** Makes a dump's frames out of the sampler's numbers. */
class FrameReader {
  readonly #target: Target;
  readonly #sampler: NativeSampler;
  readonly #instant: Instant;
  readonly #opcodes: OpcodeTable;
  readonly #locals: DumpLocals | undefined;
  readonly #bytecode = new Map<number, Uint8Array>();

  constructor(
    target: Target,
    sampler: NativeSampler,
    instant: Instant,
    opcodes: OpcodeTable,
    locals: DumpLocals | undefined,
  ) {
    this.#target = target;
    this.#sampler = sampler;
    this.#instant = instant;
    this.#opcodes = opcodes;
    this.#locals = locals;
  }

  /** A thread's frames, leaf first. */
  of(sample: ThreadSample): readonly DumpFrame[] {
    const leaf = sample.frames.length - 1;
    return sample.frames.toReversed().flatMap((row, index) => {
      const code = this.#instant.codes[this.#instant.frames[row]?.code ?? -1];
      if (code !== undefined && isTrampoline(code)) return [];
      return [this.#frame(row, sample.addresses[leaf - index], index === 0 ? sample.opcode : undefined)];
    });
  }

  #frame(row: number, address: bigint | undefined, leafOpcode: number | undefined): DumpFrame {
    const { code, offset } = this.#instant.frames[row] ?? { code: -1, offset: -1 };
    const object = this.#instant.codes[code];
    if (object === undefined) return { function: '?', file: '', line: 0, offset };
    const opcode = leafOpcode === undefined || leafOpcode < 0 ? this.#opcodeAt(code, offset) : leafOpcode;
    const name = this.#opcodeName(opcode);
    const locals = address === undefined ? undefined : this.#locals?.of(address, object);
    return {
      function: object.qualname,
      file: object.filename,
      line: lineAt(this.#target.version, object.lineTable, object.firstLine, offset),
      offset,
      ...(name === undefined ? {} : { opcode: name }),
      ...(locals === undefined ? {} : { locals }),
    };
  }

  #opcodeAt(code: number, offset: number): number {
    if (offset < 0) return -1;
    const bytecode = this.#bytecode.get(code) ?? this.#sampler.bytecode(code);
    this.#bytecode.set(code, bytecode);
    return bytecode[offset] ?? -1;
  }

  /** Tools and the JIT put opcodes of their own over instructions; what they stand for is not known by them alone. */
  #opcodeName(opcode: number): string | undefined {
    if (opcode < 0) return undefined;
    const { enterExecutor, instrumentedLine, instrumentedInstruction } = this.#opcodes.special;
    if ([enterExecutor, instrumentedLine, instrumentedInstruction].includes(opcode)) return undefined;
    return this.#opcodes.shownName(opcode);
  }
}

function describeThread(
  namer: ThreadNamer,
  { thread, flags, readable }: ThreadSample,
): Omit<DumpThread, 'frames'> {
  const { tid, ident, interpreter } = thread;
  return {
    tid,
    ident: ident.toString(),
    name: namer.nameOf(thread),
    interpreter,
    state: stateOf(flags),
    gil: (flags & SampleFlag.Gil) !== 0,
    readable,
  };
}

function stateOf(flags: number): DumpThread['state'] {
  if ((flags & SampleFlag.Active) !== 0) return 'active';
  return waitsForGil(flags) ? 'waiting for the GIL' : 'idle';
}
