import { CommanderError } from 'commander';
import { exitCodes, HeavyopsError } from '../errors.js';
import { printable } from '../lib/printable.js';

/** Writes what went wrong and what to do next; returns the exit code. */
export function reportError(error: unknown, stream: { write(text: string): unknown }): number {
  if (error instanceof CommanderError) {
    // commander has written its own message; help and version are not errors.
    return error.exitCode === 0 ? 0 : exitCodes.USAGE;
  }
  if (error instanceof HeavyopsError) {
    stream.write(`heavyops: ${printable(error.message)}\n${lines(error.hint)}`);
    return error.exitCode;
  }
  stream.write(
    'heavyops: something went wrong inside heavyops itself. Please report it with the lines that follow.\n',
  );
  return exitCodes.INTERNAL;
}

function lines(hint: string): string {
  return hint
    .split('\n')
    .map((line) => `  ${printable(line)}\n`)
    .join('');
}
