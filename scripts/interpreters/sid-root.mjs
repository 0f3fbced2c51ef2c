import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StepFailed, step } from '../steps.mjs';
import { archive } from './apt.mjs';
import { makeWhole, mountsBelow } from './partial.mjs';
import { sidRoot } from './places.mjs';

const minors = [13, 14, 15];
const packages = minors.flatMap((minor) => [`python3.${minor}`, `libpython3.${minor}-dev`]);

/**
 * Makes a Debian sid root with the newest interpreters and their headers, if it is not there yet, and mounts
 * its /proc.
 *
 * @throws StepFailed with what is in the way
 */
export async function installSidRoot() {
  if (!isWhole(sidRoot)) await makeWhole(sidRoot, 'sid-root', bootstrap);
  mountProc(sidRoot);
}

/** @param {string} directory */
function isWhole(directory) {
  return minors.every(
    (minor) =>
      existsSync(join(directory, `usr/bin/python3.${minor}`)) &&
      existsSync(join(directory, `usr/include/python3.${minor}/Python.h`)),
  );
}

/** @param {string} scratch */
async function bootstrap(scratch) {
  if (process.getuid?.() !== 0) throw new StepFailed('only root can make a Debian root and enter it');
  const options = ['--variant=minbase', `--include=${packages.join(',')}`];
  const command = ['debootstrap', ...options, 'sid', scratch, await archive()];
  await step('making a Debian sid root with Python 3.13 to 3.15', command);
  return scratch;
}

/** Some programs read /proc of their own; where it cannot be mounted they run all the same. @param {string} directory */
function mountProc(directory) {
  const proc = join(directory, 'proc');
  if (mountsBelow(directory).includes(proc)) return;
  try {
    execFileSync('mount', ['-t', 'proc', 'proc', proc], { stdio: 'pipe' });
  } catch (error) {
    console.error(`heavyops: /proc could not be mounted in ${directory}: ${String(error)}`);
  }
}
