import type { CommandNames } from './command-name.js';
import { attachOptions, dumpOptions, type OptionDescription, type PidValues } from './options.js';
import { parseQuickly } from './quick-parse.js';
import type { RecordingValues } from './recording.js';

/** A command that is waited for, with at most a pid besides its options. */
export interface QuickCommand {
  readonly names: CommandNames;
  readonly options: readonly OptionDescription[];
  /**
   * @param values what `options` became
   * @returns the exit code
   */
  call(pid: string | undefined, values: object): Promise<number>;
}

export const attachCommand: QuickCommand = {
  names: ['attach', 'record'],
  options: attachOptions,
  call: async (pid, values) =>
    (await import('./commands/attach.js')).attach(pid, values as RecordingValues & PidValues),
};

export const dumpCommand: QuickCommand = {
  names: ['dump'],
  options: dumpOptions,
  call: async (pid, values) => (await import('./commands/dump.js')).dump(pid, values),
};

/**
 * Runs one of these commands, where the command line is plain.
 *
 * @returns the exit code; nothing when it is commander's to say what is meant
 */
export async function callQuickly([name, ...words]: readonly string[]): Promise<number | undefined> {
  const command = [attachCommand, dumpCommand].find(
    ({ names }) => name !== undefined && names.includes(name),
  );
  const parsed = command && parseQuickly(words, command.options);
  return parsed && command.call(parsed.argument, parsed.values);
}
