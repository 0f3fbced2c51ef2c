import { CommanderError } from 'commander';
import { exitCodes, HeavyopsError } from '../errors.js';
import { printable } from '../lib/printable.js';

/**
 * Writes what went wrong and what to do next.
 *
 * @param command the command that was called, to name its help
 * @returns the exit code
 */
export function reportError(error: unknown, write: (text: string) => void, command = ''): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0; // It has shown help or the version.
    write(messageText(commanderText(error), helpFor(command)));
    return exitCodes.USAGE;
  }
  if (error instanceof HeavyopsError) {
    write(messageText(error.message, error.hint));
    return error.exitCode;
  }
  const what = 'something went wrong inside heavyops itself';
  write(messageText(what, 'Please report it, with these lines and what you did.'));
  write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return exitCodes.INTERNAL;
}

function helpFor(command: string): string {
  if (command === '') return 'See: heavyops --help';
  const others =
    "What is meant for the program goes behind it, or behind '--': heavyops run -- python3 -m module\n";
  return `${command === 'run' ? others : ''}See: heavyops ${command} --help`;
}

/** "error: unknown option '--rat'", a line break, "(Did you mean --rate?)" */
function commanderText({ message }: CommanderError): string {
  return message.replace(/^error: /, '').replaceAll('\n', ' ');
}

function messageText(message: string, hint: string): string {
  const lines = hint.split('\n').map((line) => `  ${printable(line)}\n`);
  return `heavyops: ${printable(message)}\n${lines.join('')}`;
}
