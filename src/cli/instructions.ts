import { HeavyopsError } from '../errors.js';
import { nearest } from '../lib/nearest.js';
import { opcodeTable } from '../python/opcodes.js';

/**
 * Refuses a name that no instruction of the target's version has: a filter by it would show an empty table.
 *
 * @param python the target's version, such as "3.14.10"
 * @throws HeavyopsError USAGE with the nearest name
 */
export function checkInstructions(python: string, names: readonly string[]): void {
  const [major = 3, minor = 0] = python.split('.').map((part) => Number.parseInt(part, 10));
  const table = opcodeTable({ major, minor });
  for (const name of names) {
    if (table.opcodeByName(name.toUpperCase()) !== undefined) continue;
    const meant = nearest(name.toUpperCase(), table.names());
    throw new HeavyopsError(
      'USAGE',
      `CPython ${major}.${minor} has no instruction called "${name}"`,
      meant === undefined
        ? 'Run without --instructions to see the names in use.'
        : `Did you mean ${meant}? Names differ between versions.`,
    );
  }
}
