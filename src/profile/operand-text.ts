import type { OperandTypes } from './profile.js';

/** What looks at its operands found: `x is int`, or `x is int (21 of 40 looks) or str (19)`. */
export function typesTexts({ operands, looks, seen }: OperandTypes): readonly string[] {
  return operands.flatMap((operand, position) => {
    const counts = new Map<string, number>();
    for (const { types, looks: times } of seen) {
      const name = types[position]?.name ?? '';
      if (name !== '') counts.set(name, (counts.get(name) ?? 0) + times);
    }
    const [first, ...others] = [...counts].sort(([, a], [, b]) => b - a);
    if (operand === '' || first === undefined) return [];
    if (others.length === 0) return [`${operand} is ${first[0]}`];
    const rest = others.map(([name, times]) => `${name} (${times})`);
    return [`${operand} is ${[`${first[0]} (${first[1]} of ${looks} looks)`, ...rest].join(' or ')}`];
  });
}
