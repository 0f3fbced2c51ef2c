import { HotCode } from '../../src/advice/hot-code.js';
import type { ListedInstruction } from '../../src/profile/listing.js';
import type { OperandTypes } from '../../src/profile/profile.js';

/** Name, base (or '' for the same), text, target (or -1), line, argument. Each has 100 samples of 1,000. */
export type Row = readonly [
  name: string,
  base: string,
  text: string,
  target?: number,
  line?: number,
  arg?: number,
];

/** What looks at the operands of one row found. */
export type Looks = Pick<OperandTypes, 'operands' | 'seen'> & Partial<OperandTypes>;

/**
 * A code object in which all instructions are hot.
 *
 * @param looks by row
 */
export function hot(
  rows: readonly Row[],
  forms?: ReadonlyMap<string, number>,
  looks: Readonly<Record<number, Looks>> = {},
): HotCode {
  const instructions = rows.map(
    ([name, base, text, target = -1, line = 1, arg = 0], index): ListedInstruction => {
      const isAdaptive = base === '' && adaptive.test(name);
      return {
        offset: 2 * index,
        name,
        base: base || name,
        specialisation: base !== '' ? 'specialised' : isAdaptive ? 'adaptive' : 'plain',
        arg,
        text,
        target,
        line,
        endLine: line,
        column: -1,
        endColumn: -1,
        ...lookedAt(looks[index], 2 * index),
      };
    },
  );
  const times = instructions.map(
    ({ offset, name }) =>
      [offset, { weight: 100, count: 100, forms: forms ?? new Map([[name, 100]]) }] as const,
  );
  return new HotCode({ file: 'a.py', function: 'f' }, instructions, {
    code: 0,
    own: 100 * rows.length,
    total: 100 * rows.length,
    whole: 1000,
    instructions: new Map(times),
    called: new Map(),
  });
}

const adaptive =
  /^(COMPARE_OP|BINARY_OP|LOAD_ATTR|STORE_ATTR|CALL|BINARY_SUBSCR|STORE_SUBSCR|UNPACK_SEQUENCE|TO_BOOL|CONTAINS_OP)$/;

function lookedAt(looks: Looks | undefined, offset: number): Pick<ListedInstruction, 'operands'> {
  if (looks === undefined) return {};
  const all = looks.seen.reduce((sum, one) => sum + one.looks, 0);
  return { operands: { code: 0, offset, looks: all, changes: all, ...looks } };
}
