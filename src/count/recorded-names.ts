import type { InstructionNames } from '../python/instruction-text.js';
import { constantLimits, longestName } from '../target/objects/code-names.js';
import { complexText, floatText } from '../target/objects/python-literals.js';
import { ReprBudget } from '../target/objects/repr-budget.js';
import { usualLimits } from '../target/objects/repr-limits.js';
import type { Beginning } from '../target/objects/scalars.js';
import { shortBytes, shortInteger, shortText } from '../target/objects/shortened.js';

/**
 * The names and constants of a code object as the counter has recorded them (native/count/code_names.cc), in the same
 * words as `codeNames` reads them from a process.
 *
 * @param bytes none where there were too many
 */
export function recordedNames(bytes: Uint8Array): InstructionNames | undefined {
  if (bytes.length === 0) return undefined;
  const recorded = new Recorded(bytes);
  const names = listOf(recorded, nameIn);
  const constants = listOf(recorded, (from) => constantText(constantIn(from, 0)));
  const variables = listOf(recorded, nameIn);
  return { names, constants, variables, cells: listOf(recorded, nameIn) };
}

function listOf<T>(from: Recorded, read: (from: Recorded) => T): readonly T[] {
  return Array.from({ length: from.number() }, () => read(from));
}

function nameIn(from: Recorded): string {
  const tag = from.tag();
  if (tag === '?') return tag;
  const { start, length } = from.text(tag, longestName);
  return length <= longestName ? start : '?';
}

type Constant =
  | { readonly text: string }
  | { readonly kind: Container; readonly length: number; readonly items: readonly Constant[] };

type Container = '(' | '{' | ':';

/** As deep and as much as was recorded. */
function constantIn(from: Recorded, depth: number): Constant {
  const tag = from.tag();
  switch (tag) {
    case '(':
    case '{':
    case ':': {
      const length = from.number();
      const count = depth < constantLimits.depth ? Math.min(length, constantLimits.items) : 0;
      return {
        kind: tag,
        length,
        items: Array.from({ length: count }, () => constantIn(from, depth + 1)),
      };
    }
    case 's':
    case 'S':
      return { text: shortText(from.text(tag, constantLimits.text), constantLimits.text) };
    case 'b':
      return { text: shortBytes(from.beginning(constantLimits.text)) };
    case 'i':
    case 'n':
      return { text: shortInteger(from.integer(tag === 'n'), constantLimits.text) };
    case 'f':
      return { text: floatText(from.float()) };
    case 'c':
      return { text: complexText(from.float(), from.float()) };
    case 'C':
      // Without an address, which tells nothing when the program has ended.
      return { text: `<code object ${nameIn(from)}>` };
    case 'o':
      return { text: `<${Buffer.from(from.beginning(longestName).start).toString('utf8')} object>` };
    default:
      return { text: singletons[tag] ?? '<NULL>' };
  }
}

const singletons: Readonly<Record<string, string>> = {
  N: 'None',
  T: 'True',
  F: 'False',
  E: 'Ellipsis',
};

/** As `ReprWriter` does it. */
function constantText(constant: Constant): string {
  const budget = new ReprBudget({ ...usualLimits, ...constantLimits });
  const write = (one: Constant, depth: number): string => {
    if (budget.isSpent) return '...';
    budget.takeObject();
    return 'text' in one ? budget.spend(one.text) : budget.nested(() => nested(one, depth));
  };
  const nested = (
    { kind, length, items }: Exclude<Constant, { readonly text: string }>,
    depth: number,
  ): string => {
    const list = (open: string, close: string) =>
      budget.items(open, close, length, items, depth, (item) => write(item, depth + 1));
    if (kind === '(') return list('(', length === 1 ? ',)' : ')');
    if (kind === ':') return `slice${list('(', ')')}`;
    return length === 0 ? 'frozenset()' : `frozenset(${list('{', '}')})`;
  };
  return write(constant, 0);
}

/** What is in the bytes, one after the other. */
class Recorded {
  readonly #bytes: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  tag(): string {
    return String.fromCharCode(this.#bytes.getUint8(this.#at++));
  }

  number(): number {
    return this.#bytes.getInt32(this.#passed(4), true);
  }

  float(): number {
    return this.#bytes.getFloat64(this.#passed(8), true);
  }

  /** With `s` a byte for each code point, with `S` four. */
  text(tag: string, most: number): Beginning<string> {
    const length = this.number();
    let start = '';
    for (let index = 0; index < Math.min(length, most); index++) {
      const point =
        tag === 's' ? this.#bytes.getUint8(this.#passed(1)) : this.#bytes.getUint32(this.#passed(4), true);
      start += String.fromCodePoint(point);
    }
    return { start, length };
  }

  beginning(most: number): Beginning<Uint8Array> {
    const length = this.number();
    const start = Uint8Array.from({ length: Math.min(length, most) }, () =>
      this.#bytes.getUint8(this.#passed(1)),
    );
    return { start, length };
  }

  /** Of digits of 30 bits; of one with too many there are none. */
  integer(isNegative: boolean): { readonly value: bigint } | { readonly bits: number } {
    const count = this.number();
    if (count > mostDigits) return { bits: count * 30 };
    const place = this.#passed(count * 4);
    let value = 0n;
    for (let index = count - 1; index >= 0; index--)
      value = (value << 30n) | BigInt(this.#bytes.getUint32(place + index * 4, true));
    return { value: isNegative ? -value : value };
  }

  #passed(count: number): number {
    const place = this.#at;
    this.#at += count;
    return place;
  }
}

const mostDigits = 600;
