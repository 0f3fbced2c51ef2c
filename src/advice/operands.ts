import type { ListedInstruction } from '../profile/listing.js';
import type { HotCode } from './hot-code.js';

/** A local variable or a constant, as an instruction puts it on the stack. */
export interface Operand {
  readonly variable: boolean;
  readonly text: string;
}

/** Those that an instruction pushes, the topmost last; undefined where it does anything else. */
export function operandsOf({ base, arg, text }: ListedInstruction): readonly Operand[] | undefined {
  if (base === 'LOAD_SMALL_INT') return [{ variable: false, text: String(arg) }];
  if (text === '') return undefined;
  if (base === 'LOAD_CONST') return [{ variable: false, text }];
  if (/^LOAD_FAST(_BORROW|_CHECK)?$/.test(base)) return [{ variable: true, text }];
  if (!/^(LOAD_FAST_LOAD_FAST|LOAD_FAST_BORROW_LOAD_FAST_BORROW)$/.test(base)) return undefined;
  return text.split(', ').map((name) => ({ variable: true, text: name }));
}

/** What lies on top of the stack when an instruction begins, as far as the instructions right before it show. */
export interface Operands {
  /** The topmost last. */
  readonly operands: readonly Operand[];
  readonly loads: readonly ListedInstruction[];
}

/** The topmost `count` of them; undefined where they are anything but variables and constants, or depend on a jump. */
export function operandsBefore(code: HotCode, index: number, count: number): Operands | undefined {
  const operands: Operand[] = [];
  const loads: ListedInstruction[] = [];
  for (let at = index; operands.length < count; ) {
    if (code.isJumpedTo(code.instructions[at] as ListedInstruction)) return undefined;
    const load = code.instructions[--at];
    const pushed = load && (operandsOf(load) ?? storedAndLoaded(load));
    if (load === undefined || pushed === undefined) return undefined;
    loads.unshift(load);
    operands.unshift(...pushed);
    if (storedAndLoaded(load) !== undefined && operands.length < count) return undefined;
  }
  return { operands: operands.slice(operands.length - count), loads };
}

/** STORE_FAST_LOAD_FAST sets one variable, then pushes another. */
function storedAndLoaded({ base, text }: ListedInstruction): readonly Operand[] | undefined {
  const loaded = base === 'STORE_FAST_LOAD_FAST' ? text.split(', ')[1] : undefined;
  return loaded === undefined ? undefined : [{ variable: true, text: loaded }];
}

/** Local variables that an instruction sets or deletes. */
export function variablesSet({ base, text }: ListedInstruction): readonly string[] {
  if (/^(STORE_FAST|DELETE_FAST|LOAD_FAST_AND_CLEAR|STORE_FAST_MAYBE_NULL)$/.test(base)) return [text];
  if (base === 'STORE_FAST_LOAD_FAST') return text.split(', ').slice(0, 1);
  return base === 'STORE_FAST_STORE_FAST' ? text.split(', ') : [];
}

/** `container[key]`: an instruction of its own up to 3.13. */
export function isSubscript({ base, text }: ListedInstruction): boolean {
  return base === 'BINARY_SUBSCR' || (base === 'BINARY_OP' && text === '[]');
}

/** Whether a loop sets a variable, such as `x` or `self.x`; false where there is no loop. */
export function isSetInLoop(code: HotCode, one: ListedInstruction, name: string): boolean {
  const loop = code.loopAround(one);
  if (loop === undefined) return false;
  const attribute = name.includes('.') ? name.slice(name.lastIndexOf('.') + 1) : undefined;
  return code.instructions.some(
    (other) =>
      loop.offsets.has(other.offset) &&
      (variablesSet(other).includes(name) ||
        (/^STORE_(ATTR|GLOBAL|DEREF)$/.test(other.base) && other.text === (attribute ?? name))),
  );
}
