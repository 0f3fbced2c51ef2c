import type { CodeTimes, InstructionTime } from '../profile/code-times.js';
import type { ListedInstruction } from '../profile/listing.js';
import type { Finding } from './finding.js';
import { type LoopBody, loopBodies } from './loop-bodies.js';

/** A code object that is hot, as the searches for findings take it. */
export class HotCode {
  readonly file: string;
  readonly function: string;
  readonly instructions: readonly ListedInstruction[];
  readonly #times: CodeTimes;
  readonly #loops: readonly LoopBody[];
  readonly #targets: ReadonlySet<number>;

  constructor(
    place: { readonly file: string; readonly function: string },
    instructions: readonly ListedInstruction[],
    times: CodeTimes,
  ) {
    this.file = place.file;
    this.function = place.function;
    this.instructions = instructions;
    this.#times = times;
    this.#loops = loopBodies(instructions);
    this.#targets = new Set(instructions.map(({ target }) => target));
  }

  time({ offset }: ListedInstruction): InstructionTime | undefined {
    return this.#times.instructions.get(offset);
  }

  /** Times of what was called from it, as `FindingWords.others` takes them. */
  called({ offset }: ListedInstruction): readonly Pick<InstructionTime, 'weight' | 'count'>[] {
    const called = this.#times.called.get(offset);
    return called === undefined ? [] : [called];
  }

  isInLoop(one: ListedInstruction): boolean {
    return this.loopAround(one) !== undefined;
  }

  /** The innermost that all of these are in. */
  loopAround(...all: readonly ListedInstruction[]): LoopBody | undefined {
    const around = this.#loops.filter(({ offsets }) => all.every(({ offset }) => offsets.has(offset)));
    return around.sort((a, b) => a.offsets.size - b.offsets.size)[0];
  }

  isJumpedTo({ offset }: ListedInstruction): boolean {
    return this.#targets.has(offset);
  }

  /** A finding at these instructions; nothing where they have too little of the time, or too few samples to know. */
  finding(
    all: readonly ListedInstruction[],
    { at = this.#hottest(all), others = [], ...words }: FindingWords,
  ): Finding | undefined {
    const times = [...all.flatMap((one) => this.time(one) ?? []), ...others];
    const weight = weightOf(times);
    const samples = times.reduce((sum, time) => sum + time.count, 0);
    const { whole } = this.#times;
    const share = whole > 0 ? weight / whole : 0;
    if (at === undefined || share < leastShare || samples < fewestSamples) return undefined;
    return {
      ...words,
      file: this.file,
      line: at.line,
      function: this.function,
      instruction: instructionText(at),
      offset: at.offset,
      share,
      most: Math.max(share, (this.#ownAround(all) + weightOf(others)) / whole),
      samples,
    };
  }

  /** Nanoseconds in the innermost loop that all of these are in, without what is called there; else in all of the code. */
  #ownAround(all: readonly ListedInstruction[]): number {
    const innermost = this.loopAround(...all);
    if (innermost === undefined) return this.#times.own;
    return weightOf([...innermost.offsets].flatMap((offset) => this.#times.instructions.get(offset) ?? []));
  }

  #hottest(all: readonly ListedInstruction[]): ListedInstruction | undefined {
    return [...all].sort((a, b) => (this.time(b)?.weight ?? 0) - (this.time(a)?.weight ?? 0))[0];
  }
}

export interface FindingWords extends Pick<Finding, 'kind' | 'what' | 'evidence' | 'change'> {
  /** Which of them it is about, where that is not the hottest. */
  readonly at?: ListedInstruction;
  /** Times of instructions elsewhere that count, too. */
  readonly others?: readonly Pick<InstructionTime, 'weight' | 'count'>[];
}

/** Below it a change is hardly worth the trouble. */
export const leastShare = 0.02;
/** With so many, a share of 2 % is that of at least 1.2 %, 95 times of 100 (Poisson). */
const fewestSamples = 20;

export function weightOf(times: readonly Pick<InstructionTime, 'weight'>[]): number {
  return times.reduce((sum, { weight }) => sum + weight, 0);
}

export function instructionText({ name, arg, text }: ListedInstruction): string {
  if (arg < 0) return name;
  return `${name} ${arg}${text === '' ? '' : ` (${text})`}`;
}

export function instructionOffsets(all: readonly ListedInstruction[]): string {
  return all.map(({ offset }) => offset).join(', ');
}

/** The name alone of `len + NULL` and the like. */
export function nameIn({ text }: ListedInstruction): string {
  return text.replace(/^NULL(\|self)? \+ /, '').replace(/ \+ NULL(\|self)?$/, '');
}
