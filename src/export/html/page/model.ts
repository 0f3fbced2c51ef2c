import { PairTable } from '../../../lib/pair-table.js';
import type { ReportData } from './data.js';
import { type Wording, wordingOf } from './wording.js';

/** The page's data, decoded, with what every view needs of it. */
export interface Model {
  readonly data: ReportData;
  readonly wording: Wording;
  readonly codes: Columns<'name' | 'file' | 'firstLine' | 'firstInstruction'>;
  readonly instructions: Columns<
    'offset' | 'opcode' | 'arg' | 'text' | 'target' | 'line' | 'endLine' | 'column' | 'endColumn'
  >;
  readonly frames: Columns<'code' | 'offset' | 'line'>;
  readonly stacks: Columns<'parent' | 'frame'>;
  readonly samples: Columns<'thread' | 'stack' | 'opcode' | 'flags'> & {
    /** Samples; in an exact count executions, as the weight, which may be more than 32 bits hold. */
    readonly count: ArrayLike<number>;
    readonly time: Float64Array;
    readonly weight: Float64Array;
  };
  readonly functions: readonly FunctionRow[];
  /** By row of `frames`. */
  readonly functionOfFrame: Int32Array;
  /** Lines of files that frames are at, and by row of `frames` which one it is. */
  readonly lines: readonly LineRow[];
  readonly lineOfFrame: Int32Array;
  /** By stack: 1 where its function, or line, is not already below in the stack. */
  readonly firstOfFunction: Uint8Array;
  readonly firstOfLine: Uint8Array;
}

type Columns<Name extends string> = Readonly<Record<Name, Int32Array>> & { readonly length: number };

export interface FunctionRow {
  readonly name: string;
  /** Row of `strings`. */
  readonly file: number;
  readonly fileName: string;
  readonly firstLine: number;
}

export interface LineRow {
  readonly file: number;
  readonly line: number;
}

export function modelOf(data: ReportData): Model {
  const codes = decoded(data.codes);
  const frames = decoded(data.frames);
  const stacks = decoded(data.stacks);
  const { functions, ofCode } = functionsOf(data, codes);
  const functionOfFrame = frames.code.map((code) => at(ofCode, code));
  const places = new PairTable();
  const lineOfFrame = frames.line.map((line, frame) =>
    places.add(at(codes.file, at(frames.code, frame)), line),
  );
  const { time, weight: weights, ...rest } = data.samples;
  const wording = wordingOf(data);
  const weight = doubles(weights);
  const samples = decoded(rest);
  return {
    data,
    wording,
    codes,
    instructions: decoded(data.instructions),
    frames,
    stacks,
    samples: { ...samples, count: wording.isCounted ? weight : samples.count, time: doubles(time), weight },
    functions,
    functionOfFrame,
    lines: Array.from({ length: places.length }, (_, id) => ({
      file: places.first(id),
      line: places.second(id),
    })),
    lineOfFrame,
    firstOfFunction: firsts(stacks, functionOfFrame),
    firstOfLine: firsts(stacks, lineOfFrame),
  };
}

/** An item of a column whose row is known to be there. */
export function at(column: ArrayLike<number>, row: number): number {
  return column[row] as number;
}

function decoded<Table extends { readonly length: number }>(
  table: Table,
): Columns<Exclude<keyof Table & string, 'length'>> {
  const columns = Object.entries(table).filter(([name]) => name !== 'length');
  return {
    ...Object.fromEntries(columns.map(([name, text]) => [name, new Int32Array(bytes(String(text)))])),
    length: table.length,
  } as Columns<Exclude<keyof Table & string, 'length'>>;
}

function doubles(text: string): Float64Array {
  return new Float64Array(bytes(text));
}

function bytes(base64: string): ArrayBuffer {
  const binary = atob(base64);
  const found = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) found[index] = binary.charCodeAt(index);
  return found.buffer;
}

/** Code objects of one function: it can be made anew on each call of what is around it. */
function functionsOf(data: ReportData, codes: Model['codes']) {
  const ids = new Map<string, number>();
  const functions: FunctionRow[] = [];
  const ofCode = new Int32Array(codes.length);
  for (let code = 0; code < codes.length; code++) {
    const [name, file, firstLine] = [at(codes.name, code), at(codes.file, code), at(codes.firstLine, code)];
    const key = `${name} ${file} ${firstLine}`;
    const id = ids.get(key) ?? functions.length;
    if (id === functions.length) {
      ids.set(key, id);
      const [text, fileName] = [data.strings[name] ?? '', data.strings[file] ?? ''];
      functions.push({ name: text, file, fileName, firstLine });
    }
    ofCode[code] = id;
  }
  return { functions, ofCode };
}

/** Time with a function or line on the stack counts once, however often it is on it. */
function firsts({ length, parent, frame }: Model['stacks'], ids: Int32Array): Uint8Array {
  const first = new Uint8Array(length);
  for (let stack = 0; stack < length; stack++) {
    const id = at(ids, at(frame, stack));
    let below = at(parent, stack);
    while (below >= 0 && at(ids, at(frame, below)) !== id) below = at(parent, below);
    first[stack] = below < 0 ? 1 : 0;
  }
  return first;
}
