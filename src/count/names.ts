import { HeavyopsError } from '../errors.js';
import { nearest } from '../lib/nearest.js';
import { type OpcodeTable, opcodeTable } from '../python/opcodes.js';
import { formerNames, formsBeside } from './renamed.js';

/** What is tracked unless something else is asked for: what makes objects, and what reaches into cells. */
export const usualInstructions: readonly string[] = [
  'MAKE_FUNCTION',
  'BUILD_TUPLE',
  'BUILD_LIST',
  'BUILD_SET',
  'BUILD_MAP',
  'LOAD_DEREF',
];

export interface Tracked {
  /** None for all of them. */
  readonly names: readonly string[];
  /** What else of this version does the same under another name, in whole sentences. */
  readonly remarks: readonly string[];
}

/**
 * The instructions that are to be tracked, of one version.
 *
 * @param wanted as they were given; none for the usual ones; `all` for all
 * @throws HeavyopsError USAGE for a name that this version does not have
 */
export function trackedInstructions(minor: number, wanted: readonly string[]): Tracked {
  const table = opcodeTable({ major: 3, minor });
  const names = wanted.length === 0 ? usualInstructions : wanted.map((name) => name.toUpperCase());
  if (names.includes('ALL')) return { names: [], remarks: [] };
  for (const name of names) checkName(table, name);
  const remarks = wanted.length === 0 ? [] : names.flatMap((name) => remarkOn(table, name));
  return { names, remarks };
}

/** @throws HeavyopsError USAGE */
function checkName(table: OpcodeTable, name: string): void {
  const version = `CPython 3.${table.version.minor}`;
  const number = table.opcodeByName(name);
  if (number !== undefined && table.base(number) === number) return;
  if (number !== undefined) {
    throw refused(
      `${name} is what ${version} makes of ${table.baseName(number)} while it runs`,
      `Counted is what the compiler has written, since nothing is specialised meanwhile: -i ${table.baseName(number)}`,
    );
  }
  const now = formerNames(table, name);
  if (now !== undefined) throw refused(`${version} has no ${name}`, now);
  const near = nearNames(table, name);
  throw refused(
    `${version} has no instruction called "${name}"`,
    near.length === 0
      ? 'Run with -i all to see the names in use.'
      : `Did you mean ${near.join(', ')}? Names differ between versions.`,
  );
}

/** Those that the compiler writes: as likely as a misspelling, or a part of the name. */
function nearNames(table: OpcodeTable, name: string): readonly string[] {
  const written = writtenNames(table);
  const meant = nearest(name, written);
  const containing = written.filter((one) => name.length > 3 && one.includes(name));
  return [...new Set([...(meant === undefined ? [] : [meant]), ...containing])].slice(0, 5);
}

function remarkOn(table: OpcodeTable, name: string): readonly string[] {
  const beside = formsBeside(writtenNames(table), name);
  if (beside.length === 0) return [];
  return [
    `in CPython 3.${table.version.minor} a part of what ${name} does is in ${beside.join(', ')}: not counted with it, unless asked for with -i`,
  ];
}

function writtenNames(table: OpcodeTable): readonly string[] {
  return table.names().filter((one) => table.baseName(table.opcodeByName(one) ?? 0) === one);
}

function refused(message: string, hint: string): HeavyopsError {
  return new HeavyopsError('USAGE', message, hint);
}
