import { HeavyopsError } from '../errors.js';
import { FORMAT_VERSION } from '../profile/format-version.js';
import {
  type CodeNames,
  type CodeTable,
  type Counters,
  type FrameTable,
  gilWaitKinds,
  type Opcode,
  type OperandType,
  type OperandTypes,
  type Profile,
  type ProfileMeta,
  type SampledProcess,
  type SampleTable,
  type SourceFile,
  type StackTable,
  type TargetDescription,
  type Thread,
} from '../profile/profile.js';
import type { Field } from './field.js';

const INT32 = 2 ** 31 - 1;
const UINT32 = 2 ** 32 - 1;

/** The profile in a parsed file, each field checked. */
export function profileOf(file: Field): Profile {
  checkFormat(file);
  const strings = file
    .get('strings')
    .items()
    .map((field) => field.text());
  const opcodes = file.get('opcodes').items().map(opcodeOf);
  const codes = codesOf(file.get('codes'), strings.length);
  const frames = framesOf(file.get('frames'), codes.length);
  const stacks = stacksOf(file.get('stacks'), frames.length);
  const threads = file.get('threads').items().map(threadOf);
  const samples = samplesOf(file.get('samples'), { threads, stacks, opcodes });
  return Object.freeze({
    meta: metaOf(file.get('meta')),
    strings: Object.freeze(strings),
    opcodes: Object.freeze(opcodes),
    codes,
    frames,
    stacks,
    threads: Object.freeze(threads),
    samples,
    ...waitsOf(file.find('waits'), stacks.length),
    ...programTextOf(file, codes.length, strings.length),
  });
}

function programTextOf(
  file: Field,
  codes: number,
  strings: number,
): Pick<Profile, 'codeNames' | 'sources' | 'operandTypes'> {
  const codeNames = file.find('codeNames')?.items();
  const sources = file.find('sources')?.items();
  const types = file.find('operandTypes')?.items();
  return {
    ...(codeNames && { codeNames: Object.freeze(codeNames.map((field) => codeNamesOf(field, codes))) }),
    ...(sources && { sources: Object.freeze(sources.map((field) => sourceOf(field, strings))) }),
    ...(types && { operandTypes: Object.freeze(types.map((field) => operandTypesOf(field, codes))) }),
  };
}

function codeNamesOf(field: Field, codes: number): CodeNames {
  const texts = (name: string) => textsOf(field.get(name));
  return Object.freeze({
    code: field.get('code').integer(0, codes - 1),
    names: texts('names'),
    constants: texts('constants'),
    variables: texts('variables'),
    cells: texts('cells'),
  });
}

function operandTypesOf(field: Field, codes: number): OperandTypes {
  const seenOf = (seen: Field) =>
    Object.freeze({
      types: Object.freeze(seen.get('types').items().map(operandTypeOf)),
      looks: seen.get('looks').integer(0, UINT32),
    });
  return Object.freeze({
    code: field.get('code').integer(0, codes - 1),
    offset: field.get('offset').integer(0, INT32),
    operands: textsOf(field.get('operands')),
    looks: field.get('looks').integer(0, UINT32),
    changes: field.get('changes').integer(0, UINT32),
    seen: Object.freeze(field.get('seen').items().map(seenOf)),
  });
}

function operandTypeOf(type: Field): OperandType {
  return Object.freeze({
    name: type.get('name').text(),
    base: type.get('base').text(),
    traits: textsOf(type.get('traits')),
  });
}

function sourceOf(field: Field, strings: number): SourceFile {
  return Object.freeze({
    file: field.get('file').integer(0, strings - 1),
    text: field.get('text').text(),
    changed: field.get('changed').flag(),
  });
}

function checkFormat(file: Field): void {
  file.get('format').oneOf(['heavyops']);
  const version = file.get('formatVersion').integer(1, INT32);
  if (version > FORMAT_VERSION) {
    throw new HeavyopsError(
      'INPUT_INVALID',
      `the profile has format version ${version}; this heavyops knows up to ${FORMAT_VERSION}`,
      'A newer heavyops wrote it: update this one.',
    );
  }
}

function metaOf(meta: Field): ProfileMeta {
  return Object.freeze({
    heavyops: meta.get('heavyops').text(),
    target: targetOf(meta.get('target')),
    startedAt: meta.get('startedAt').amount(),
    duration: meta.get('duration').amount(),
    rate: meta.get('rate').amount(),
    reader: meta.get('reader').oneOf(['memory', 'stopped', 'kernel', 'counter']),
    ...whyNotKernelOf(meta.find('whyNotKernel')),
    ...leastWaitOf(meta.find('leastWait')),
    ...gilWaitsOf(meta.find('gilWaits')),
    ...unwatchedOf(meta.find('unwatched')),
    ...processesOf(meta.find('processes')),
    ...childrenOf(meta.find('children')),
    counters: countersOf(meta.get('counters')),
    ended: meta.get('ended').oneOf(['duration', 'interrupted', 'target-ended', 'target-exec']),
  });
}

function whyNotKernelOf(why: Field | undefined): Pick<ProfileMeta, 'whyNotKernel'> {
  if (why === undefined) return {};
  return {
    whyNotKernel: Object.freeze({ reason: why.get('reason').text(), remedy: why.get('remedy').text() }),
  };
}

function leastWaitOf(least: Field | undefined): Pick<ProfileMeta, 'leastWait'> {
  return least === undefined ? {} : { leastWait: least.amount() };
}

function gilWaitsOf(told: Field | undefined): Pick<ProfileMeta, 'gilWaits'> {
  return told === undefined ? {} : { gilWaits: told.oneOf(gilWaitKinds) };
}

function unwatchedOf(threads: Field | undefined): Pick<ProfileMeta, 'unwatched'> {
  return threads === undefined ? {} : { unwatched: threads.amount() };
}

function processesOf(processes: Field | undefined): Pick<ProfileMeta, 'processes'> {
  return processes === undefined ? {} : { processes: Object.freeze(processes.items().map(processOf)) };
}

function processOf(process: Field): SampledProcess {
  return Object.freeze({
    pid: process.get('pid').integer(1, INT32),
    command: textsOf(process.get('command')),
    began: process.get('began').amount(),
    duration: process.get('duration').amount(),
  });
}

function childrenOf(pids: Field | undefined): Pick<ProfileMeta, 'children'> {
  if (pids === undefined) return {};
  return { children: Object.freeze(pids.items().map((pid) => pid.integer(1, INT32))) };
}

function targetOf(target: Field): TargetDescription {
  return Object.freeze({
    pid: target.get('pid').integer(0, INT32),
    python: target.get('python').text(),
    freeThreaded: target.get('freeThreaded').flag(),
    executable: target.get('executable').text(),
    command: textsOf(target.get('command')),
  });
}

function textsOf(list: Field): readonly string[] {
  return Object.freeze(list.items().map((item) => item.text()));
}

function countersOf(counters: Field): Counters {
  return Object.freeze({
    ticks: counters.get('ticks').amount(),
    samples: counters.get('samples').amount(),
    late: counters.get('late').amount(),
    missed: counters.get('missed').amount(),
    unreadable: counters.get('unreadable').amount(),
    repaired: counters.get('repaired').amount(),
    undecided: counters.get('undecided').amount(),
    truncated: counters.get('truncated').amount(),
    lost: counters.get('lost').amount(),
  });
}

function opcodeOf(opcode: Field): Opcode {
  return Object.freeze({ name: opcode.get('name').text(), base: opcode.get('base').text() });
}

function codesOf(codes: Field, strings: number): CodeTable {
  const length = codes.get('length').integer(0, INT32);
  const string = () => strings - 1;
  const bytes = (name: string) => {
    const column = codes.get(name).items();
    if (column.length !== length) {
      throw codes.get(name).invalid(`has ${column.length} rows, not ${length}`);
    }
    return Object.freeze(column.map((field) => field.bytes()));
  };
  return Object.freeze({
    length,
    name: Uint32Array.from(codes.get('name').integers(length, 0, string)),
    qualname: Uint32Array.from(codes.get('qualname').integers(length, 0, string)),
    filename: Uint32Array.from(codes.get('filename').integers(length, 0, string)),
    firstLine: Int32Array.from(codes.get('firstLine').integers(length, -INT32 - 1, () => INT32)),
    bytecode: bytes('bytecode'),
    lineTable: bytes('lineTable'),
  });
}

function framesOf(frames: Field, codes: number): FrameTable {
  const length = frames.get('length').integer(0, INT32);
  return Object.freeze({
    length,
    code: Uint32Array.from(frames.get('code').integers(length, 0, () => codes - 1)),
    offset: Int32Array.from(frames.get('offset').integers(length, -1, () => INT32)),
    line: Int32Array.from(frames.get('line').integers(length, -INT32 - 1, () => INT32)),
  });
}

function stacksOf(stacks: Field, frames: number): StackTable {
  const length = stacks.get('length').integer(0, INT32);
  return Object.freeze({
    length,
    parent: Int32Array.from(stacks.get('parent').integers(length, -1, (row) => row - 1)),
    frame: Uint32Array.from(stacks.get('frame').integers(length, 0, () => frames - 1)),
  });
}

function threadOf(thread: Field): Thread {
  const pid = thread.find('pid');
  return Object.freeze({
    tid: thread.get('tid').integer(0, INT32),
    ident: thread.get('ident').text(),
    name: thread.get('name').text(),
    interpreter: thread.get('interpreter').integer(-1, Number.MAX_SAFE_INTEGER),
    ...(pid === undefined ? {} : { pid: pid.integer(1, INT32) }),
  });
}

interface Referred {
  readonly threads: readonly Thread[];
  readonly stacks: StackTable;
  readonly opcodes: readonly Opcode[];
}

function waitsOf(waits: Field | undefined, stacks: number): Pick<Profile, 'waits'> {
  if (waits === undefined) return {};
  const length = waits.get('length').integer(0, INT32);
  return {
    waits: Object.freeze({
      length,
      stack: Uint32Array.from(waits.get('stack').integers(length, 0, () => stacks - 1)),
      flags: Uint8Array.from(waits.get('flags').integers(length, 0, () => 255)),
      count: Uint32Array.from(waits.get('count').integers(length, 0, () => UINT32)),
      longest: Float64Array.from(waits.get('longest').amounts(length)),
    }),
  };
}

function samplesOf(samples: Field, { threads, stacks, opcodes }: Referred): SampleTable {
  const length = samples.get('length').integer(0, INT32);
  return Object.freeze({
    length,
    thread: Uint32Array.from(samples.get('thread').integers(length, 0, () => threads.length - 1)),
    stack: Int32Array.from(samples.get('stack').integers(length, -1, () => stacks.length - 1)),
    opcode: Int32Array.from(samples.get('opcode').integers(length, -1, () => opcodes.length - 1)),
    flags: Uint8Array.from(samples.get('flags').integers(length, 0, () => 255)),
    time: Float64Array.from(samples.get('time').amounts(length)),
    weight: Float64Array.from(samples.get('weight').amounts(length)),
    count: Uint32Array.from(samples.get('count').integers(length, 0, () => UINT32)),
  });
}
