import { percent } from '../lib/quantities.js';
import type { ListedInstruction } from '../profile/listing.js';
import type { OperandType } from '../profile/profile.js';
import type { HotCode } from './hot-code.js';

/** One operand of an instruction, as looks found it. */
export interface SeenOperand {
  /** What the program calls it. */
  readonly name: string;
  readonly looks: number;
  /** By how often each was seen, the most frequent first; one row for each name, with the traits that all had. */
  readonly types: readonly { readonly type: OperandType; readonly looks: number }[];
}

/**
 * The operands of an instruction; nothing where they were not looked at, or too seldom to say anything.
 *
 * @param least so many looks are enough where something else shows it, too
 */
export function seenOperands(
  { operands }: ListedInstruction,
  least = fewestLooks,
): readonly SeenOperand[] | undefined {
  if (operands === undefined || operands.looks < least) return undefined;
  return operands.operands.map((name, position) => {
    const types = new Map<string, { type: OperandType; looks: number }>();
    for (const seen of operands.seen) {
      const type = seen.types[position];
      if (type === undefined || type.name === '') continue;
      const known = types.get(type.name);
      const traits = known?.type.traits.filter((trait) => type.traits.includes(trait)) ?? type.traits;
      types.set(type.name, { type: { ...type, traits }, looks: (known?.looks ?? 0) + seen.looks });
    }
    return { name, looks: operands.looks, types: [...types.values()].sort((a, b) => b.looks - a.looks) };
  });
}

/** A type that was seen in fewer of its looks than a tenth is missed by so many about once in four times. */
const fewestLooks = 12;

/** Whether an operand was ever seen to be of another type than this, in however few looks. */
export function wasAnother({ operands }: ListedInstruction, position: number, name: string): boolean {
  return operands?.seen.some(({ types }) => !['', name].includes(types[position]?.name ?? '')) ?? false;
}

/** Whether an operand ever had a trait. */
export function everHad({ operands }: ListedInstruction, position: number, trait: string): boolean {
  return operands?.seen.some(({ types }) => types[position]?.traits.includes(trait)) ?? false;
}

/** The type that it had in every look, with the traits that it always had. */
export function alwaysOf(operand: SeenOperand | undefined): OperandType | undefined {
  const [first] = operand?.types ?? [];
  return first !== undefined && first.looks === operand?.looks ? first.type : undefined;
}

/** What was seen, in words. */
export function looksText({ name, looks, types }: SeenOperand): string {
  const [first] = types;
  if (first !== undefined && first.looks === looks) {
    return `in ${looks} looks at it "${name}" was of type ${first.type.name} each time`;
  }
  const counts = types.slice(0, 4).map(({ type, looks: times }) => `${type.name} ${times} times`);
  return `in ${looks} looks at it "${name}" was of type ${counts.join(', ')}`;
}

/** Share of its time in which an instruction ran in its general form; 0 where it has no time. */
export function generalShare(code: HotCode, one: ListedInstruction): number {
  const time = code.time(one);
  if (time === undefined || time.weight === 0) return 0;
  const general = [...time.forms].filter(([form]) => isGeneral(form, one.base));
  return general.reduce((sum, [, weight]) => sum + weight, 0) / time.weight;
}

/** Whether it stays general although it is hot. */
export function staysGeneral(code: HotCode, one: ListedInstruction): boolean {
  return one.specialisation !== 'plain' && generalShare(code, one) >= mostlyGeneral;
}

/** CALL_NON_PY_GENERAL (3.13+) is the form for whatever there is no other form for (Python/specialize.c). */
function isGeneral(form: string, base: string): boolean {
  return form === base || form === `${base}_ADAPTIVE` || form === 'CALL_NON_PY_GENERAL';
}

const mostlyGeneral = 0.9;

/** How far it is general, and what the counter in its cache tells. */
export function generalText(code: HotCode, one: ListedInstruction): string {
  return `it ran in its general form in ${percent(generalShare(code, one))} of its time${attemptsText(one)}`;
}

export function attemptsText({ failedAttempts = 0 }: ListedInstruction): string {
  if (failedAttempts === 0) return '';
  return `; by its cache, ${failedAttempts} or more attempts in a row to specialise it failed`;
}

/** Sums and comparisons that have forms for numbers: in 3.11 a comparison has them only together with the jump after it. */
export function hasNumberForms(
  { base, text, specialisation }: ListedInstruction,
  after: ListedInstruction | undefined,
): boolean {
  if (specialisation !== 'adaptive') return false;
  if (base === 'COMPARE_OP') return after !== undefined && /^POP_JUMP/.test(after.base);
  return base === 'BINARY_OP' && /^[-+*]=?$/.test(text);
}

/** `COMPARE_OP (<)` and the like. */
export function withText({ base, text }: ListedInstruction): string {
  return `${base}${text === '' ? '' : ` (${text})`}`;
}
