import { closeSync, constants, fstatSync, openSync, readlinkSync } from '../lib/file-system.js';
import { Access, permits, type Rights } from './rights.js';

/**
 * Opens a regular file as a process with another root sees it, for reading. The kernel would follow an absolute link
 * in that root from our own root, and a file that only we may read would come out; so the path is walked here, a
 * component at a time, each from the descriptor of the one before, and no link is followed by the kernel. What the
 * process itself could not read is not opened.
 *
 * @param root descriptor of its root directory; stays open
 * @param path as the process names it, from the root on
 * @returns a descriptor, which the caller closes; nothing when there is no such file
 */
export function openInRoot(root: number, path: string, rights: Rights): number | undefined {
  const opened: number[] = [];
  try {
    return walk(root, path.split('/'), rights, opened);
  } finally {
    for (const directory of opened) closeSync(directory);
  }
}

/** include/uapi/asm-generic/fcntl.h; Node.js has no name for it. */
const O_PATH = 0o10000000;
/** As the kernel's own bound, MAXSYMLINKS. */
const mostLinks = 40;
const mostComponents = 1000;

function walk(root: number, path: readonly string[], rights: Rights, opened: number[]): number | undefined {
  const directories = [root];
  let links = 0;
  let left = path;
  for (let steps = 0; steps < mostComponents; steps++) {
    const [name, ...rest] = left;
    if (name === undefined) return undefined;
    left = rest;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      if (directories.length > 1) directories.pop();
      continue;
    }
    const here = `/proc/self/fd/${directories.at(-1)}/${name}`;
    const found = tryTo(() => openSync(here, O_PATH | constants.O_NOFOLLOW));
    if (found === undefined) return undefined;
    opened.push(found);
    const stat = fstatSync(found);
    if (stat.isSymbolicLink()) {
      const target = tryTo(() => readlinkSync(here));
      if (target === undefined || ++links > mostLinks) return undefined;
      if (target.startsWith('/')) directories.length = 1;
      left = [...target.split('/'), ...left];
    } else if (stat.isDirectory()) {
      if (!permits(rights, stat, Access.search)) return undefined;
      directories.push(found);
    } else {
      return left.length === 0 && stat.isFile() && permits(rights, stat, Access.read)
        ? reopened(found)
        : undefined;
    }
  }
  return undefined;
}

/** The very file that was looked at, whatever its name means by now. */
function reopened(descriptor: number): number | undefined {
  return tryTo(() => openSync(`/proc/self/fd/${descriptor}`, constants.O_RDONLY | constants.O_NONBLOCK));
}

/** Files come and go, and not all may be read: each such failure means that there is nothing to show. */
export function tryTo<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch {
    return undefined;
  }
}
