import type { Finding } from './finding.js';
import { type HotCode, nameIn } from './hot-code.js';

/**
 * Variables that live in a cell because a function inside uses them (3.11+, where MAKE_CELL says so): each use of one
 * goes through the cell, and the cell is made on each call.
 */
export function cells(code: HotCode): readonly Finding[] {
  const made = code.instructions.filter(
    ({ base, text }) => base === 'MAKE_CELL' && text !== '' && text !== '__class__',
  );
  return made.flatMap((make) => {
    const name = nameIn(make);
    const uses = code.instructions.filter(
      (one) => /^(MAKE_CELL|LOAD_DEREF|STORE_DEREF|LOAD_CLOSURE)$/.test(one.base) && nameIn(one) === name,
    );
    const count = uses.filter(({ base }) => base === 'LOAD_DEREF').length;
    return (
      code.finding(uses, {
        kind: 'cell',
        what: `"${name}" lives in a cell, since a function inside ${code.function} uses it`,
        evidence: `MAKE_CELL makes the cell on each call${readers(count)}`,
        change: `Move what is inside (a lambda, a generator expression, a nested function) into a function beside it, and give it "${name}" as an argument. It pays where that part seldom runs.`,
      }) ?? []
    );
  });
}

function readers(count: number): string {
  if (count === 0) return '';
  return `, and ${count === 1 ? 'one use reads' : `${count} uses read`} through it (LOAD_DEREF)`;
}
