import type { CodeTimes, InstructionTime } from '../profile/code-times.js';
import type { ListedInstruction } from '../profile/listing.js';
import type { Finding } from './finding.js';

/** A code object that is hot, as the searches for findings take it. */
export class HotCode {
  readonly file: string;
  readonly function: string;
  readonly instructions: readonly ListedInstruction[];
  readonly #times: CodeTimes;
  /** From the instruction that a jump leads back to up to the jump. */
  readonly #loops: readonly { readonly from: number; readonly to: number }[];

  constructor(
    place: { readonly file: string; readonly function: string },
    instructions: readonly ListedInstruction[],
    times: CodeTimes,
  ) {
    this.file = place.file;
    this.function = place.function;
    this.instructions = instructions;
    this.#times = times;
    this.#loops = instructions.flatMap(({ offset, target }) =>
      target >= 0 && target <= offset ? [{ from: target, to: offset }] : [],
    );
  }

  time({ offset }: ListedInstruction): InstructionTime | undefined {
    return this.#times.instructions.get(offset);
  }

  isInLoop({ offset }: ListedInstruction): boolean {
    return this.#loops.some(({ from, to }) => offset >= from && offset <= to);
  }

  isJumpedTo({ offset }: ListedInstruction): boolean {
    return this.instructions.some(({ target }) => target === offset);
  }

  /** A finding at these instructions; nothing where they have too little of the time, or too few samples to know. */
  finding(
    at: readonly ListedInstruction[],
    words: Pick<Finding, 'kind' | 'what' | 'evidence' | 'change'>,
  ): Finding | undefined {
    const times = at.flatMap((one) => this.time(one) ?? []);
    const weight = times.reduce((sum, time) => sum + time.weight, 0);
    const samples = times.reduce((sum, time) => sum + time.count, 0);
    const share = this.#times.whole > 0 ? weight / this.#times.whole : 0;
    const [hottest] = [...at].sort((a, b) => (this.time(b)?.weight ?? 0) - (this.time(a)?.weight ?? 0));
    if (hottest === undefined || share < leastShare || samples < fewestSamples) return undefined;
    return {
      ...words,
      file: this.file,
      line: hottest.line,
      function: this.function,
      instruction: instructionText(hottest),
      offset: hottest.offset,
      share,
      samples,
    };
  }
}

/** Below it a change is hardly worth the trouble. */
export const leastShare = 0.02;
/** With so many, a share of 2 % is that of at least 1.2 %, 95 times of 100 (Poisson). */
const fewestSamples = 20;

export function instructionText({ name, arg, text }: ListedInstruction): string {
  if (arg < 0) return name;
  return `${name} ${arg}${text === '' ? '' : ` (${text})`}`;
}

/** The name alone of `len + NULL` and the like. */
export function nameIn({ text }: ListedInstruction): string {
  return text.replace(/^NULL(\|self)? \+ /, '').replace(/ \+ NULL(\|self)?$/, '');
}
