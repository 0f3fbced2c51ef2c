import { countOptions } from './options.js';

/**
 * What follows the module of `heavyops count -m module` is the module's, whatever it looks like, as with `python -m`: it is
 * put behind `--`.
 *
 * @param args what follows `heavyops`, with the whole name of its command
 */
export function withProgramApart(args: readonly string[]): readonly string[] {
  if (args[0] !== 'count') return args;
  for (let at = 1; at < args.length; at++) {
    const word = args[at] ?? '';
    if (word === '--' || !word.startsWith('-')) return args; // A script, and what is its own.
    if (/^(-m|--module)$/.test(word)) return apart(args, at + 2);
    if (/^(-m.|--module=)/.test(word)) return apart(args, at + 1);
    if (takesValue(word)) at++;
  }
  return args;
}

function apart(args: readonly string[], behind: number): readonly string[] {
  return behind >= args.length ? args : [...args.slice(0, behind), '--', ...args.slice(behind)];
}

/** Whether an option's value is the next word. */
function takesValue(word: string): boolean {
  return countOptions.some(({ flags, parse }) => parse !== undefined && flags.split(/,? /).includes(word));
}
