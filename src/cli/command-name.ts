import { existsSync } from 'node:fs';
import { HeavyopsError } from '../errors.js';
import { nearest } from '../lib/nearest.js';

/** A command by all its names, the usual one first. */
export type CommandNames = readonly [name: string, ...aliases: string[]];

/**
 * Puts the whole name of a command where the beginning of one is given, as in `heavyops rec`, and where none is:
 * `heavyops app.py`, with or without options, is `heavyops count app.py`.
 *
 * @param args what follows `heavyops`
 * @throws HeavyopsError USAGE when no command, or more than one, begins like that
 */
export function withWholeName(args: readonly string[], commands: readonly CommandNames[]): readonly string[] {
  const [first, second, ...rest] = args;
  if (first === undefined || ofHeavyops.includes(first)) return args;
  if (first.startsWith('-') || isScript(first)) return ['count', ...args];
  const name = wholeName(first, [...commands, ['help']]);
  if (name !== 'help' || second === undefined) return [name, ...args.slice(1)];
  return [name, second.startsWith('-') ? second : wholeName(second, commands), ...rest];
}

/** Options of no command. */
const ofHeavyops = ['-h', '--help', '-V', '--version'];

function isScript(word: string): boolean {
  return /\.py[cwz]?$/.test(word);
}

function wholeName(given: string, commands: readonly CommandNames[]): string {
  const exact = commands.find((names) => names.includes(given));
  const fitting = commands.filter((names) => names.some((name) => name.startsWith(given)));
  const found = exact ?? (fitting.length === 1 ? fitting[0] : undefined);
  if (found !== undefined) return found[0];
  throw fitting.length > 1 && given !== '' ? ambiguous(given, fitting) : unknown(given, commands);
}

function ambiguous(given: string, fitting: readonly CommandNames[]): HeavyopsError {
  const names = fitting.flat().filter((name) => name.startsWith(given));
  return new HeavyopsError(
    'USAGE',
    `"${given}" is the beginning of more than one command`,
    `Write some more of it: ${names.join(', ')}.`,
  );
}

function unknown(given: string, commands: readonly CommandNames[]): HeavyopsError {
  return new HeavyopsError('USAGE', `there is no command called "${given}"`, meantInstead(given, commands));
}

function meantInstead(given: string, commands: readonly CommandNames[]): string {
  if (/^\d+$/.test(given)) return `To sample the running process ${given}: heavyops attach ${given}`;
  if (looksLikeProgram(given)) return `To start a program and sample it: heavyops run ${given}`;
  const meant = nearest(given, commands.flat());
  const all = commands.map(([name]) => name).join(', ');
  return `${meant === undefined ? '' : `Did you mean ${meant}? `}The commands: ${all}. See: heavyops --help`;
}

function looksLikeProgram(given: string): boolean {
  return /^python[0-9.]*$|\//.test(given) || existsSync(given);
}
