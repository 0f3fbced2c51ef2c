import { existsSync } from 'node:fs';
import { isExecutable } from '../lib/is-executable.js';

/**
 * The program and its arguments, as they are started: `app.py` is run by `python3`. A path to an executable file,
 * as in `./app.py`, is left to its first line, as a shell does.
 */
export function programToRun(command: readonly string[]): readonly string[] {
  const [first = ''] = command;
  const isPython = /\.pyw?$/.test(first) && existsSync(first);
  return isPython && !(first.includes('/') && isExecutable(first)) ? ['python3', ...command] : command;
}
