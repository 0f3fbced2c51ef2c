import { HeavyopsError } from '../errors.js';
import { errnoOf, fstatSync, writeSync } from '../lib/file-system.js';
import { reasonOf } from './system-errors.js';

/**
 * The standard streams are written by their descriptors, at once and whole. `process.stdout` and `process.stderr`
 * are left alone where they are no terminals: Node.js makes pipes non-blocking, and a program that `heavyops run`
 * started shares these pipes and would fail with EAGAIN in the middle of its own output.
 */

/**
 * Writes to standard output. A reader that has seen enough (`| head`) is no error.
 *
 * @throws HeavyopsError OUTPUT_UNWRITABLE, for example when the disk is full
 */
export function writeOut(text: string): void {
  try {
    writeWhole(1, text);
  } catch (cause) {
    if (isReaderGone(cause, 1)) return;
    throw new HeavyopsError(
      'OUTPUT_UNWRITABLE',
      `standard output cannot be written: ${reasonOf(cause)}`,
      'Free some space, or send it elsewhere.',
      cause,
    );
  }
}

/** Writes to standard error. Nobody can be told when that fails, so it is no error. */
export function writeError(text: string): void {
  try {
    writeWhole(2, text);
  } catch {
    // The terminal is closed, or the disk full: what is left to do goes on.
  }
}

/** A message of ours, apart from what others write to the same terminal. */
export function note(text: string): void {
  writeError(`heavyops: ${text}\n`);
}

/** Nobody reads it any more: the other end of a pipe is closed (EPIPE), or the terminal is (EIO; of files: a bad disk). */
export function isReaderGone(error: unknown, descriptor: 1 | 2): boolean {
  const errno = errnoOf(error);
  return errno === 'EPIPE' || (errno === 'EIO' && fstatSync(descriptor).isCharacterDevice());
}

/** What there is to know of a stream before something is laid out for it. */
export interface Terminal {
  readonly isTTY: boolean;
  /** Width in columns; where it is no terminal, one that suits files. */
  readonly columns: number;
}

export function terminalOf(descriptor: 1 | 2): Terminal {
  if (!isTerminal(descriptor)) return { isTTY: false, columns: columnsOfFiles };
  const { columns } = descriptor === 1 ? process.stdout : process.stderr;
  // A terminal that does not know its size says 0 (as under `script`).
  return { isTTY: true, columns: columns > 0 ? columns : usualColumns };
}

/** Only where it can be one is `node:tty` loaded, and with it `node:net`. */
function isTerminal(descriptor: 1 | 2): boolean {
  return fstatSync(descriptor).isCharacterDevice() && process.getBuiltinModule('node:tty').isatty(descriptor);
}

const columnsOfFiles = 120;
const usualColumns = 80;

function writeWhole(descriptor: 1 | 2, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if (!isFull(error)) throw error;
      Atomics.wait(idle, 0, 0, retryInterval);
    }
  }
}

/** Someone else has made the pipe non-blocking, and its reader is slow. */
export function isFull(error: unknown): boolean {
  return errnoOf(error) === 'EAGAIN';
}

/** Milliseconds until a full pipe is tried again. */
export const retryInterval = 5;
const idle = new Int32Array(new SharedArrayBuffer(4));
