import { closeSync, errnoOf, openSync, readdirSync, readlinkSync, readSync } from '../lib/file-system.js';

/** A process can have 65,530 mappings (vm.max_map_count) and some systems allow more; this is room for 200,000. */
const largestText = 32 * 1024 * 1024;

/**
 * The text of a file of /proc up to `length`, as bytes in a string (latin1); nothing when the process is gone.
 * Throws node's own error when it may not be read (EACCES, EPERM).
 */
export function readProc(path: string, length = largestText): string | undefined {
  return unlessGone(() => {
    const file = openSync(path, 'r');
    try {
      return readUpTo(file, length);
    } finally {
      closeSync(file);
    }
  });
}

/** Where a link of /proc leads, or nothing when the process is gone (or is one of the kernel's). */
export function linkOf(path: string): string | undefined {
  return unlessGone(() => readlinkSync(path));
}

/** The numbers among the names in a directory of /proc; empty when it is gone. */
export function numbersIn(path: string): readonly number[] {
  const names = unlessGone(() => readdirSync(path)) ?? [];
  return names.map(Number).filter(Number.isInteger);
}

/** The same, or nothing when it may not be read: for what only makes a message better. */
export function ifAllowed<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isDenied(error)) {
      return undefined;
    }
    throw error;
  }
}

export function isDenied(error: unknown): boolean {
  const code = errnoOf(error);
  return code === 'EACCES' || code === 'EPERM';
}

/** UTF-8 from bytes in a string. */
export function decoded(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}

function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'ENOTDIR') {
      return undefined;
    }
    throw error;
  }
}

/** The kernel gives a page at a time, whatever is asked for, so there can be thousands of reads. */
function readUpTo(file: number, length: number): string {
  let text = Buffer.allocUnsafe(Math.min(length, 16 * 1024));
  for (let end = 0; ; ) {
    const count = end < text.length ? readSync(file, text, end, text.length - end, null) : 0;
    end += count;
    if (count === 0 && (end < text.length || end >= length)) {
      return text.toString('latin1', 0, end);
    }
    if (end === text.length && end < length) {
      const longer = Buffer.allocUnsafe(Math.min(length, 4 * end));
      text.copy(longer);
      text = longer;
    }
  }
}
