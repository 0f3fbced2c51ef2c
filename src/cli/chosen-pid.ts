import { HeavyopsError } from '../errors.js';
import { parsePid } from './parse.js';

/**
 * The process id, given as the argument or with -p.
 *
 * @param command for the hint
 * @throws HeavyopsError USAGE when there is none, or two that differ
 */
export function chosenPid(command: string, argument: string | undefined, option: string | undefined): number {
  const text = option ?? argument;
  if (text === undefined) throw refusal('no process id was given', command);
  if (option !== undefined && argument !== undefined && option !== argument) {
    throw refusal(`two process ids were given, ${argument} and ${option}`, command);
  }
  return parsePid(text, command);
}

function refusal(message: string, command: string): HeavyopsError {
  const start =
    command === 'attach' ? '\nTo start a program and sample it: heavyops run -- python3 app.py' : '';
  return new HeavyopsError(
    'USAGE',
    message,
    `Such as: heavyops ${command} 1234. \`pgrep -af python\` lists the Python processes.${start}`,
  );
}
