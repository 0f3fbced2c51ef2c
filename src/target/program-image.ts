import { type ReadMemory, viewOf } from './memory.js';
import { ifAllowed, linkOf, readProc } from './procfs.js';

/** Tells whether a process still runs the program that it ran when this was made. */
export interface ProgramImage {
  check(): 'same' | 'ended' | 'exec';
}

/**
 * Each exec gives a program 16 random bytes on its stack (AT_RANDOM, getauxval(3)), which nobody has a reason to
 * change: they tell one exec from the next even where program and addresses are the same. Throws node's own error
 * when it may not be read.
 */
export function programImage(pid: number, read: ReadMemory): ProgramImage {
  const address = randomAddress(pid);
  const bytes = address && read(address, 16);
  if (address === undefined || bytes === undefined) {
    return byExecutable(pid);
  }
  return {
    check: () => {
      const now = read(address, 16);
      return now !== undefined && Buffer.compare(now, bytes as Uint8Array) === 0 ? 'same' : goneOrOther(pid);
    },
  };
}

/** Where an emulator left AT_RANDOM out, the executable has to do. */
function byExecutable(pid: number): ProgramImage {
  const executable = linkOf(`/proc/${pid}/exe`);
  const now = () => ifAllowed(() => linkOf(`/proc/${pid}/exe`));
  return { check: () => (now() === executable ? 'same' : goneOrOther(pid)) };
}

/**
 * A process that is ending loses its memory before its place in /proc. What may not be looked at any more is another
 * program, with rights that we lack (sudo, any setuid program).
 */
function goneOrOther(pid: number): 'ended' | 'exec' {
  const maps = ifAllowed(() => readProc(`/proc/${pid}/maps`) ?? '');
  return maps === '' ? 'ended' : 'exec';
}

const randomType = 25n;

function randomAddress(pid: number): bigint | undefined {
  const vector = Uint8Array.from(Buffer.from(readProc(`/proc/${pid}/auxv`) ?? '', 'latin1'));
  const view = viewOf(vector);
  for (let at = 0; at + 16 <= vector.length; at += 16) {
    if (view.getBigUint64(at, true) === randomType) {
      return view.getBigUint64(at + 8, true);
    }
  }
  return undefined;
}
