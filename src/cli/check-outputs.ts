import { HeavyopsError } from '../errors.js';
import { standardOutput } from './options.js';
import type { OutputFile } from './output-files.js';

/**
 * Refuses two things that would be written to standard output, and to write nothing anywhere.
 *
 * @param done what the command has done with the program: 'sampled', 'counted'
 * @param stream that the tables are for: standard output or standard error
 * @throws HeavyopsError USAGE
 */
export function checkOutputs(
  output: readonly string[],
  { json, quiet }: { readonly json?: boolean; readonly quiet?: boolean },
  done: string,
  stream: 1 | 2 = 1,
): void {
  if (stream === 1 && json === true && output.includes(standardOutput)) {
    throw new HeavyopsError(
      'USAGE',
      'both --json and "-o -" would write to standard output',
      'Name a file with -o, or leave one of them out.',
    );
  }
  if (quiet === true && json !== true && output.length === 0) {
    throw new HeavyopsError(
      'USAGE',
      `with -q, and without -o or --json, nothing would be left of what is ${done}`,
      'Name a file with -o, or leave -q out.',
    );
  }
}

/** Whether a file is to be written that has use for source text, names and constants. */
export function keepsProgramText(
  outputs: readonly OutputFile[],
  { withoutSource }: { readonly withoutSource?: boolean },
): boolean {
  return withoutSource !== true && outputs.some(({ format }) => format.programText === true);
}
