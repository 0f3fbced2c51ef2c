import { HeavyopsError } from '../errors.js';
import { note } from './standard-streams.js';

/**
 * Tells what is going to be done, and asks for leave where somebody can be asked.
 *
 * @param agreed it was given on the command line
 * @throws HeavyopsError USAGE without it
 */
export async function confirm(warning: string, agreed: boolean): Promise<void> {
  if (agreed) return;
  if (!process.getBuiltinModule('node:tty').isatty(0)) {
    throw new HeavyopsError('USAGE', warning, 'There is no terminal to ask for leave: add --yes to go on.');
  }
  note(warning);
  const { createInterface } = await import('node:readline/promises');
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const interrupted = new Promise<string>((resolve) => asking.once('SIGINT', () => resolve('')));
    const ended = new Promise<string>((resolve) => asking.once('close', () => resolve('')));
    const answer = await Promise.race([asking.question('Go on? [y/N] '), interrupted, ended]);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    asking.close();
    process.stdin.unref?.();
  }
  throw new HeavyopsError(
    'USAGE',
    'it was not agreed to',
    'Nothing was done. To go on without being asked: --yes',
  );
}
