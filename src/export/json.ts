import { FORMAT_VERSION } from '../profile/format-version.js';
import type {
  CodeNames,
  CodeTable,
  OperandTypes,
  Profile,
  ProfileMeta,
  SampledProcess,
  SampleTable,
  SourceFile,
  Thread,
  WaitTable,
} from '../profile/profile.js';
import { chunks } from './chunks.js';
import type { Format } from './format.js';

/**
 * The whole profile, loss-free; `docs/formats.md` describes each field, `load/json.ts` reads it back. It is
 * the recording, not a view of it, so the view's filters do not apply.
 */
export const json: Format = {
  name: 'json',
  aliases: ['heavyops'],
  extensions: ['.json', '.heavyops'],
  mediaType: 'application/json',
  whole: true,
  programText: true,
  description: 'the whole recording, for heavyops report and convert',
  write: (profile) => chunks(file(profile)),
};

function* file({
  meta,
  strings,
  opcodes,
  codes,
  frames,
  stacks,
  threads,
  samples,
  waits,
  codeNames,
  sources,
  operandTypes,
}: Profile): Generator<string> {
  yield `{"format":"heavyops","formatVersion":${FORMAT_VERSION}`;
  yield `,\n"meta":${JSON.stringify(metaFields(meta))}`;
  yield* field('strings', list(strings));
  yield* field('opcodes', list(opcodes.map(({ name, base }) => ({ name, base }))));
  yield* field('codes', table(codes.length, codeColumns(codes)));
  yield* field(
    'frames',
    table(frames.length, { code: frames.code, offset: frames.offset, line: frames.line }),
  );
  yield* field('stacks', table(stacks.length, { parent: stacks.parent, frame: stacks.frame }));
  yield* field('threads', list(threads.map(threadFields)));
  yield* field('samples', table(samples.length, sampleColumns(samples)));
  if (waits !== undefined) yield* field('waits', table(waits.length, waitColumns(waits)));
  if (codeNames !== undefined) yield* field('codeNames', list(codeNames.map(codeNameFields)));
  if (sources !== undefined) yield* field('sources', list(sources.map(sourceFields)));
  if (operandTypes !== undefined) yield* field('operandTypes', list(operandTypes.map(operandTypesFields)));
  yield '}\n';
}

type Column = ArrayLike<number | string>;

/** Fields are named one by one here and below: their order in the file is then always the same. */
function metaFields({
  target,
  counters,
  whyNotKernel,
  leastWait,
  gilWaits,
  unwatched,
  processes,
  children,
  ...meta
}: ProfileMeta): ProfileMeta {
  return {
    heavyops: meta.heavyops,
    target: {
      pid: target.pid,
      python: target.python,
      freeThreaded: target.freeThreaded,
      executable: target.executable,
      command: target.command,
    },
    startedAt: meta.startedAt,
    duration: meta.duration,
    rate: meta.rate,
    reader: meta.reader,
    ...(whyNotKernel === undefined
      ? {}
      : { whyNotKernel: { reason: whyNotKernel.reason, remedy: whyNotKernel.remedy } }),
    ...(leastWait === undefined ? {} : { leastWait }),
    ...(gilWaits === undefined ? {} : { gilWaits }),
    ...(unwatched === undefined ? {} : { unwatched }),
    ...(processes === undefined ? {} : { processes: processes.map(processFields) }),
    ...(children === undefined ? {} : { children }),
    counters: {
      ticks: counters.ticks,
      samples: counters.samples,
      late: counters.late,
      missed: counters.missed,
      unreadable: counters.unreadable,
      repaired: counters.repaired,
      undecided: counters.undecided,
      truncated: counters.truncated,
      lost: counters.lost,
    },
    ended: meta.ended,
  };
}

function processFields({ pid, command, began, duration }: SampledProcess): SampledProcess {
  return { pid, command, began, duration };
}

function codeColumns(codes: CodeTable): Record<string, Column> {
  return {
    name: codes.name,
    qualname: codes.qualname,
    filename: codes.filename,
    firstLine: codes.firstLine,
    bytecode: codes.bytecode.map(base64),
    lineTable: codes.lineTable.map(base64),
  };
}

function threadFields({ tid, ident, name, interpreter, pid }: Thread): Thread {
  return { tid, ident, name, interpreter, ...(pid === undefined ? {} : { pid }) };
}

function codeNameFields({ code, names, constants, variables, cells }: CodeNames): CodeNames {
  return { code, names, constants, variables, cells };
}

function sourceFields({ file, text, changed }: SourceFile): SourceFile {
  return { file, text, changed };
}

function operandTypesFields({ code, offset, operands, looks, changes, seen }: OperandTypes): OperandTypes {
  return {
    code,
    offset,
    operands,
    looks,
    changes,
    seen: seen.map(({ types, looks: times }) => ({
      types: types.map(({ name, base, traits }) => ({ name, base, traits })),
      looks: times,
    })),
  };
}

function sampleColumns(samples: SampleTable): Record<string, Column> {
  return {
    thread: samples.thread,
    stack: samples.stack,
    opcode: samples.opcode,
    flags: samples.flags,
    time: samples.time,
    weight: samples.weight,
    count: samples.count,
  };
}

function waitColumns({ stack, flags, count, longest }: WaitTable): Record<string, Column> {
  return { stack, flags, count, longest };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

function* field(name: string, value: Iterable<string>): Generator<string> {
  yield `,\n"${name}":`;
  yield* value;
}

function* table(length: number, columns: Record<string, Column>): Generator<string> {
  yield `{"length":${length}`;
  for (const [name, column] of Object.entries(columns)) {
    yield* field(name, list(column));
  }
  yield '}';
}

function* list(items: ArrayLike<unknown>): Generator<string> {
  yield '[';
  for (let at = 0; at < items.length; at++) {
    yield at === 0 ? JSON.stringify(items[at]) : `,${JSON.stringify(items[at])}`;
  }
  yield ']';
}
