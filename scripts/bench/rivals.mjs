import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { makeWhole } from '../interpreters/partial.mjs';
import { rivalsPrefix } from '../interpreters/places.mjs';
import { StepFailed, step } from '../steps.mjs';

/** Their names on PyPI. Both packages hold a program of their own, not a module. */
const packages = ['py-spy', 'austin-dist'];

/**
 * Brings the rivals that are packages, if they are not there yet.
 *
 * @returns {Promise<{ program: (name: string) => string, missing?: string }>} missing: why they could not be had
 */
export async function installRivals() {
  const program = (/** @type {string} */ name) => join(rivalsPrefix, 'bin', name);
  try {
    if (!existsSync(program('py-spy')) || !existsSync(program('austin')))
      await makeWhole(rivalsPrefix, 'rivals', install);
    return { program };
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    return { program, missing: error.message.trim().split('\n').slice(-2).join(' ') };
  }
}

/** @param {string} scratch */
async function install(scratch) {
  await step('making an environment for the rivals', ['python3', '-m', 'venv', scratch]);
  await step('installing the rivals', [join(scratch, 'bin/pip'), 'install', '--quiet', ...packages]);
  return scratch;
}

/** What a program prints, or why it does not run. @param {readonly string[]} command */
export function asked(command) {
  const [program = '', ...args] = command;
  try {
    return {
      said: execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim(),
    };
  } catch (error) {
    const { stderr, message } = /** @type {{ stderr?: string, message: string }} */ (error);
    return { reason: (stderr || message).trim().split('\n').at(-1) ?? message };
  }
}
