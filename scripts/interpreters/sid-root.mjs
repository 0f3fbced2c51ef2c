import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StepFailed, step } from '../steps.mjs';
import { archive } from './apt.mjs';
import { partial, sidRoot } from './places.mjs';

const minors = [13, 14, 15];
const packages = minors.flatMap((minor) => [`python3.${minor}`, `libpython3.${minor}-dev`]);

/**
 * Makes a Debian sid root with the newest interpreters and their headers, if it is not there yet. It is made
 * under another name and renamed when it is whole, so an interrupted run leaves nothing that looks like one.
 *
 * @throws StepFailed with what is in the way
 */
export async function installSidRoot() {
  if (!isWhole(sidRoot)) await make();
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

async function make() {
  if (process.getuid?.() !== 0) throw new StepFailed('only root can make a Debian root and enter it');
  const address = await archive();
  const unfinished = join(partial, `sid-root-${process.pid}`);
  mkdirSync(partial, { recursive: true });
  removeLeftovers();
  const bootstrap = ['debootstrap', '--variant=minbase', `--include=${packages.join(',')}`, 'sid'];
  try {
    await step('making a Debian sid root with Python 3.13 to 3.15', [...bootstrap, unfinished, address]);
    removeRoot(sidRoot);
    mkdirSync(dirname(sidRoot), { recursive: true });
    renameSync(unfinished, sidRoot);
  } finally {
    removeRoot(unfinished);
  }
}

/** What runs left that were killed: those whose process is gone. */
function removeLeftovers() {
  for (const name of readdirSync(partial)) {
    const pid = /^sid-root-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) removeRoot(join(partial, name));
  }
}

/** Nothing is removed below a mount point. @param {string} directory */
function removeRoot(directory) {
  if (!existsSync(directory)) return;
  for (const mount of mountsBelow(directory).reverse()) execFileSync('umount', [mount], { stdio: 'ignore' });
  rmSync(directory, { recursive: true, force: true });
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

/** @param {string} directory @returns {string[]} in the order in which they were mounted */
function mountsBelow(directory) {
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => (line.split(' ')[1] ?? '').replaceAll('\\040', ' '));
  return points.filter((point) => point.startsWith(`${directory}/`));
}
