import { Interner } from '../../lib/interner.js';
import { printable } from '../../lib/printable.js';
import { isCounted } from '../../profile/counts.js';
import { type ListedInstruction, Listings } from '../../profile/listing.js';
import { typesTexts } from '../../profile/operand-text.js';
import type { Profile } from '../../profile/profile.js';
import { family } from '../../python/opcode-family.js';
import { integers } from './columns.js';
import type { OpcodeData, ReportData } from './page/data.js';

export interface ListedCodes {
  /** Those of the profile in its order, then those that stand in the code alone. */
  readonly opcodes: readonly OpcodeData[];
  /** By code, and one more for the end. */
  readonly firstInstruction: Int32Array;
  readonly instructions: ReportData['instructions'];
  readonly texts: readonly string[];
  /** Code objects that were seen, and have no instructions here since there are too many. */
  readonly omitted: number;
}

/** The instructions of code objects in the samples, hottest first, as far as there is room for them. */
export function listedCodes(profile: Profile, rows: readonly number[]): ListedCodes {
  const listings = new Listings(profile);
  const described = isCounted(profile.meta)
    ? asCompiled
    : (name: string, base: string) => describedBy(listings, name, base);
  const opcodes = new Interner<OpcodeData>();
  for (const { name, base } of profile.opcodes) opcodes.add(`${name} ${base}`, () => described(name, base));
  const texts = new Interner<string>();
  const { hottest, seen } = hotCodes(profile, rows);
  const chosen = new Map<number, readonly ListedInstruction[]>();
  let left = mostInstructions;
  for (const code of hottest) {
    const listed = listings.of(code);
    if (listed.length > left) break;
    left -= listed.length;
    chosen.set(code, listed);
  }
  const inOrder = Array.from({ length: profile.codes.length }, (_, code) => chosen.get(code) ?? []);
  const all = inOrder.flat();
  const column = (of: (instruction: ListedInstruction) => number) => integers(all.map(of));
  const firstInstruction = new Int32Array(inOrder.length + 1);
  for (const [code, { length }] of inOrder.entries()) {
    firstInstruction[code + 1] = (firstInstruction[code] as number) + length;
  }
  return {
    firstInstruction,
    instructions: {
      length: all.length,
      offset: column(({ offset }) => offset),
      opcode: column(({ name, base }) => opcodes.add(`${name} ${base}`, () => described(name, base))),
      arg: column(({ arg }) => (arg > 0x7fffffff ? -1 : arg)),
      text: column((instruction) => {
        const text = textOf(instruction);
        return texts.add(text, () => printable(text));
      }),
      target: column(({ target }) => target),
      line: column(({ line }) => line),
      endLine: column(({ endLine }) => endLine),
      column: column((instruction) => instruction.column),
      endColumn: column(({ endColumn }) => endColumn),
    },
    opcodes: opcodes.rows,
    texts: texts.rows,
    omitted: seen - chosen.size,
  };
}

/** About 3 MB of the page. */
const mostInstructions = 60_000;

/** What its argument stands for, and of which types its operands were. */
function textOf({ text, operands }: ListedInstruction): string {
  if (operands === undefined) return text;
  return [text, ...typesTexts(operands)].filter((part) => part !== '').join('; ');
}

/** Nothing is specialised while it is counted. */
function asCompiled(_: string, base: string): OpcodeData {
  return { name: base, base, family: family(base), state: 'plain' };
}

function describedBy(listings: Listings, name: string, base: string): OpcodeData {
  return { name, base, family: family(name), state: listings.specialisation(name, base) };
}

/** Code objects by their own time, then those that only called others. */
function hotCodes({ samples, stacks, frames, codes }: Profile, rows: readonly number[]) {
  const own = new Float64Array(codes.length).fill(-1);
  const visited = new Uint8Array(stacks.length);
  for (const row of rows) {
    const leaf = samples.stack[row] as number;
    for (let at = leaf; at >= 0 && visited[at] === 0; at = stacks.parent[at] as number) {
      visited[at] = 1;
      const code = frames.code[stacks.frame[at] as number] as number;
      own[code] = Math.max(own[code] as number, 0);
    }
    const code = frames.code[stacks.frame[leaf] as number] as number;
    own[code] = (own[code] as number) + (samples.weight[row] as number);
  }
  const seen = Array.from(own.keys()).filter((code) => (own[code] as number) >= 0);
  return { hottest: seen.sort((a, b) => (own[b] as number) - (own[a] as number)), seen: seen.length };
}
