import {
  closeSync,
  copyFileSync,
  fchownSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  write,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { HeavyopsError } from '../errors.js';
import type { Format } from '../export/format.js';
import { chooseFormat, formatByName } from '../export/formats.js';
import { errnoOf } from '../lib/file-system.js';
import type { Profile } from '../profile/profile.js';
import { type View, viewOfWaits } from '../profile/view.js';
import { discardAll } from './interruption.js';
import { type Shown, standardOutput } from './options.js';
import { pathOfWaits } from './path-of-waits.js';
import { isFull, isReaderGone, note, retryInterval, writeError } from './standard-streams.js';
import { reasonOf } from './system-errors.js';

/**
 * A file that a profile will be written to. It is opened before any sampling, so that a path that cannot be
 * written is refused while nothing is lost, and takes its name only when it is whole.
 */
export class OutputFile {
  /** As it was given. */
  readonly path: string;
  readonly format: Format;
  /** It is for the waits, instead of what ran. */
  readonly waits: boolean;
  readonly #place: Place;
  #open = true;

  constructor({ path, format, waits }: Wanted, place: Place) {
    this.path = path;
    this.format = format;
    this.waits = waits;
    this.#place = place;
  }

  /**
   * Signals and timers have their turn in between.
   * @param view of what ran
   * @throws HeavyopsError OUTPUT_UNWRITABLE, for example when the disk is full; then there is no file
   */
  async write(profile: Profile, view: View): Promise<void> {
    const { descriptor, partial, final } = this.#place;
    try {
      await writeAll(descriptor, this.format.write(profile, this.waits ? viewOfWaits(view) : view));
      this.#close();
      if (partial !== undefined) putInPlace(partial, final);
    } catch (cause) {
      if (cause instanceof HeavyopsError) throw cause;
      if (descriptor === 1 && isReaderGone(cause, 1)) return;
      throw unwritable(this.path, cause, 'Free some space, or write elsewhere with -o.');
    } finally {
      this.#remove();
    }
  }

  /** Leaves nothing behind of a file that has not been written. */
  discard(): void {
    if (this.#open) this.#remove();
  }

  #remove(): void {
    this.#close();
    if (this.#place.partial !== undefined) rmSync(this.#place.partial, { force: true });
  }

  #close(): void {
    const wasOpen = this.#open;
    this.#open = false; // Closing can fail as well, when the disk is full.
    if (wasOpen && this.#place.descriptor > 2) closeSync(this.#place.descriptor);
  }
}

/** A file that is mounted by itself, or is another's in a sticky directory, cannot be replaced, but written into. */
function putInPlace(partial: string, final: string): void {
  try {
    renameSync(partial, final);
  } catch (error) {
    if (!['EBUSY', 'EPERM', 'EACCES'].includes(errnoOf(error) ?? '')) throw error;
    copyFileSync(partial, final);
  }
}

/**
 * Opens all of them or none.
 *
 * @param formatName what -f says; otherwise each path's extension tells its format
 * @param what for 'both' there is a file with the waits beside each one that cannot hold them as well
 * @throws HeavyopsError USAGE for an unknown format or a path that is given twice, OUTPUT_UNWRITABLE
 */
export function openOutputs(
  paths: readonly string[],
  formatName: string | undefined,
  what: Shown = 'ran',
): readonly OutputFile[] {
  const wanted = paths.flatMap((path) => wantedFor(path, formatFor(path, formatName), what));
  if (formatName !== undefined && paths.length === 0) throw formatWithoutFile(formatName);
  const opened: OutputFile[] = [];
  const taken = new Set<string>();
  try {
    for (const one of wanted) {
      const { path } = one;
      const final = path === standardOutput ? path : finalPath(path);
      if (taken.has(final)) throw givenTwice(path);
      taken.add(final);
      opened.push(new OutputFile(one, openPlace(path, final)));
    }
  } catch (error) {
    discardAll(opened);
    throw error;
  }
  return opened;
}

/**
 * Writes each one that can be written, even when another cannot.
 *
 * @param view of what ran
 * @param tells each one that is written is told on standard error
 * @returns the exit code
 */
export async function writeEach(
  outputs: readonly OutputFile[],
  profile: Profile,
  view: View,
  tells: boolean,
): Promise<number> {
  let exitCode = 0;
  for (const output of outputs) {
    try {
      await output.write(profile, view);
      if (tells && output.path !== standardOutput)
        note(`wrote ${output.path} (${output.format.name}${output.waits ? ', waits' : ''})`);
    } catch (error) {
      const { reportError } = await import('./report-error.js'); // With it comes commander.
      exitCode = reportError(error, writeError);
    }
  }
  return exitCode;
}

function formatFor(path: string, formatName: string | undefined): Format {
  if (path === standardOutput && formatName === undefined) {
    throw new HeavyopsError(
      'USAGE',
      'standard output has no extension that would tell the format',
      'Choose one with -f, such as: -o - -f collapsed',
    );
  }
  return chooseFormat(path, formatName);
}

/** A file that is to be written. */
interface Wanted {
  readonly path: string;
  readonly format: Format;
  readonly waits: boolean;
}

function wantedFor(path: string, format: Format, what: Shown): readonly Wanted[] {
  const file = { path, format, waits: what === 'waits' };
  if (what !== 'both' || format.whole === true) return [file];
  if (path === standardOutput || isSpecial(path)) throw nothingBeside(path);
  return [file, { path: pathOfWaits(path, format), format, waits: true }];
}

/** Where the bytes go. */
interface Place {
  readonly descriptor: number;
  /** The file's name until it is whole; none for what is no regular file (a pipe, a device). */
  readonly partial?: string;
  /** What it becomes then. */
  readonly final: string;
}

function openPlace(path: string, final: string): Place {
  if (path === standardOutput) return { descriptor: 1, final };
  try {
    const existing = statSync(final, { throwIfNoEntry: false });
    if (existing?.isDirectory() === true) {
      throw new HeavyopsError('OUTPUT_UNWRITABLE', `"${path}" is a directory`, 'Name a file in it.');
    }
    if (isWrittenInPlace(final, existing)) return { descriptor: openSync(final, 'w'), final };
    if (existing !== undefined) closeSync(openSync(final, 'a'));
    const partial = join(dirname(final), `.${basename(final).slice(0, 200)}.${process.pid}.partial`);
    const descriptor = openSync(partial, 'w', existing?.mode ?? 0o666);
    // As root we would otherwise take the file from its owner.
    if (existing !== undefined && process.geteuid?.() === 0)
      fchownSync(descriptor, existing.uid, existing.gid);
    return { descriptor, partial, final };
  } catch (cause) {
    if (cause instanceof HeavyopsError) throw cause;
    throw unwritable(path, cause, hintFor(cause, final));
  }
}

/** Pipes and devices; and what /dev and /proc name, as `/dev/stdout` may be a file that is no file of theirs. */
function isWrittenInPlace(path: string, existing: Stats | undefined): boolean {
  return isSpecial(path) || (existing !== undefined && !existing.isFile());
}

/** /dev/shm is a directory as others are. */
function isSpecial(path: string): boolean {
  return /^\/(dev|proc)\//.test(path) && !path.startsWith('/dev/shm/');
}

/** The file itself where the path is a link, so that the link stays one. */
function finalPath(path: string): string {
  const whole = resolve(path);
  if (isSpecial(whole)) return whole;
  try {
    return realpathSync(whole);
  } catch {
    return realDirectory(whole);
  }
}

function realDirectory(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path; // Opening it will tell what is wrong.
  }
}

/** Not synchronously: a pipe whose reader takes its time must not keep us from taking signals. */
async function writeAll(descriptor: number, pieces: Iterable<string>): Promise<void> {
  for (const piece of pieces) {
    const bytes = Buffer.from(piece);
    for (let at = 0; at < bytes.length; ) at += await writeSome(descriptor, bytes.subarray(at));
  }
}

const writeOnce = promisify(write);

async function writeSome(descriptor: number, bytes: Uint8Array): Promise<number> {
  try {
    return (await writeOnce(descriptor, bytes)).bytesWritten;
  } catch (error) {
    if (!isFull(error)) throw error;
    await sleep(retryInterval);
    return 0;
  }
}

function hintFor(cause: unknown, path: string): string {
  return errnoOf(cause) === 'ENOENT'
    ? `Make the directory first: mkdir -p ${dirname(path)}`
    : 'Choose another path with -o.';
}

function unwritable(path: string, cause: unknown, hint: string): HeavyopsError {
  return new HeavyopsError(
    'OUTPUT_UNWRITABLE',
    `"${path}" cannot be written: ${reasonOf(cause)}`,
    hint,
    cause,
  );
}

function nothingBeside(path: string): HeavyopsError {
  return new HeavyopsError(
    'USAGE',
    `with --off-cpu a second file is written beside the first, which "${path}" has no place for`,
    'Name a file with -o; or write both in one with -f json, and use heavyops convert.',
  );
}

function givenTwice(path: string): HeavyopsError {
  return new HeavyopsError('USAGE', `"${path}" is to be written twice`, 'Give each file a name of its own.');
}

function formatWithoutFile(name: string): HeavyopsError {
  return new HeavyopsError(
    'USAGE',
    `the format ${formatByName(name).name} was chosen, but no file to write`,
    `Name it with -o, or "-" for standard output: -f ${name} -o -`,
  );
}
