import { at, type Model } from './model.js';
import { ownAndTotal, type Sums } from './sums.js';

/** Time by file and line, and the instructions of each. */
export interface SourceTotals {
  /** Those with time, hottest first. */
  readonly files: readonly FileTotals[];
}

export interface FileTotals {
  /** Row of `strings`. */
  readonly file: number;
  readonly name: string;
  readonly own: number;
  readonly lines: ReadonlyMap<number, LineTotals>;
  /** Code objects of the file, with time in them or in what they called. */
  readonly codes: readonly number[];
}

export interface LineTotals {
  readonly own: number;
  readonly total: number;
}

export function sourceTotals(model: Model, sums: Sums): SourceTotals {
  const { lines, lineOfFrame, firstOfLine, frames, codes, data } = model;
  const { own, total } = ownAndTotal(model, sums, lineOfFrame, firstOfLine, lines.length);
  const files = new Map<number, { own: number; lines: Map<number, LineTotals>; codes: Set<number> }>();
  const ofFile = (file: number) => {
    const known = files.get(file) ?? {
      own: 0,
      lines: new Map<number, LineTotals>(),
      codes: new Set<number>(),
    };
    files.set(file, known);
    return known;
  };
  for (const [id, { file, line }] of lines.entries()) {
    if (at(total, id) <= 0) continue;
    const known = ofFile(file);
    known.own += at(own, id);
    known.lines.set(line, { own: at(own, id), total: at(total, id) });
  }
  for (let stack = 0; stack < model.stacks.length; stack++) {
    if (at(sums.stackWeight, stack) <= 0) continue;
    const code = at(frames.code, at(model.stacks.frame, stack));
    ofFile(at(codes.file, code)).codes.add(code);
  }
  return {
    files: [...files]
      .map(([file, known]) => ({
        file,
        name: data.strings[file] ?? '',
        own: known.own,
        lines: known.lines,
        codes: [...known.codes].sort((a, b) => at(codes.firstLine, a) - at(codes.firstLine, b) || a - b),
      }))
      .sort((a, b) => b.own - a.own || largestTotal(b) - largestTotal(a)),
  };
}

function largestTotal({ lines }: FileTotals): number {
  let largest = 0;
  for (const { total } of lines.values()) largest = Math.max(largest, total);
  return largest;
}

/** An instruction with its time. */
export interface TimedInstruction {
  /** Row of `instructions`. */
  readonly row: number;
  readonly code: number;
  readonly line: number;
  readonly weight: number;
  readonly count: number;
  /** Forms in which it ran, by row of `opcodes`. */
  readonly forms: ReadonlyMap<number, number>;
}

/** Finds the time of instructions. */
export class InstructionTimes {
  readonly #model: Model;
  readonly #frames = new Map<number, number>();

  constructor(model: Model) {
    this.#model = model;
    const { frames } = model;
    for (let frame = 0; frame < frames.length; frame++) {
      this.#frames.set(keyOf(at(frames.code, frame), at(frames.offset, frame)), frame);
    }
  }

  of(code: number, sums: Sums): readonly TimedInstruction[] {
    const { instructions, codes } = this.#model;
    const [from, to] = [at(codes.firstInstruction, code), at(codes.firstInstruction, code + 1)];
    return Array.from({ length: to - from }, (_, index): TimedInstruction => {
      const row = from + index;
      const frame = this.#frames.get(keyOf(code, at(instructions.offset, row))) ?? -1;
      return {
        row,
        code,
        line: at(instructions.line, row),
        weight: sums.frameWeight[frame] ?? 0,
        count: sums.frameCount[frame] ?? 0,
        forms: sums.forms.get(frame) ?? none,
      };
    });
  }
}

const none: ReadonlyMap<number, number> = new Map();

/** No bytecode is that long, so no two pairs have the same key. */
function keyOf(code: number, offset: number): number {
  return code * 2 ** 28 + offset;
}
