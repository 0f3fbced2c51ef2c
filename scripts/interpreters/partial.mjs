import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { partial } from './places.mjs';

/**
 * Makes a directory under another name and renames it into its place when it is whole, so that an interrupted run
 * leaves nothing that looks finished. What killed runs have left is removed first.
 *
 * @param {string} place
 * @param {string} name of what is made, for the scratch directory
 * @param {(scratch: string) => Promise<string>} make fills the scratch directory, which does not exist yet, and
 *   returns which directory in it (or it itself) is the result
 */
export async function makeWhole(place, name, make) {
  mkdirSync(partial, { recursive: true });
  removeLeftovers(name);
  const scratch = join(partial, `${name}-${process.pid}`);
  try {
    const result = await make(scratch);
    removeTree(place);
    mkdirSync(dirname(place), { recursive: true });
    renameSync(result, place);
  } finally {
    removeTree(scratch);
  }
}

/** @param {string} directory @returns {string[]} mount points, in the order in which they were mounted */
export function mountsBelow(directory) {
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => (line.split(' ')[1] ?? '').replaceAll('\\040', ' '));
  return points.filter((point) => point.startsWith(`${directory}/`));
}

/** The scratch directories of processes that are gone. @param {string} name */
function removeLeftovers(name) {
  for (const entry of readdirSync(partial)) {
    const pid = entry.startsWith(`${name}-`) ? entry.slice(name.length + 1) : '';
    if (/^\d+$/.test(pid) && !isRunning(pid)) removeTree(join(partial, entry));
  }
}

/** A process that has ended but has not been waited for has no command line any more. @param {string} pid */
function isRunning(pid) {
  const commandLine = `/proc/${pid}/cmdline`;
  return existsSync(commandLine) && readFileSync(commandLine, 'utf8') !== '';
}

/** Nothing is removed below a mount point: when one cannot be unmounted this throws. @param {string} directory */
function removeTree(directory) {
  if (!existsSync(directory)) return;
  for (const mount of mountsBelow(directory).reverse()) execFileSync('umount', [mount], { stdio: 'ignore' });
  rmSync(directory, { recursive: true, force: true });
}
