import { accessSync, constants, existsSync } from 'node:fs';

/**
 * The program and its arguments, as they are started: `app.py` is run by `python3`. A path to an executable file,
 * as in `./app.py`, is left to its first line, as a shell does.
 */
export function programToRun(command: readonly string[]): readonly string[] {
  const [first = ''] = command;
  const isPython = /\.pyw?$/.test(first) && existsSync(first);
  return isPython && !(first.includes('/') && isExecutable(first)) ? ['python3', ...command] : command;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
