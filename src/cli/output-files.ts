import { closeSync, openSync, renameSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { HeavyopsError } from '../errors.js';
import type { Format } from '../export/format.js';
import { chooseFormat } from '../export/formats.js';
import type { Profile } from '../profile/profile.js';
import type { View } from '../profile/view.js';

/**
 * A file that a profile will be written to. It is opened before any sampling, so that a path that cannot be
 * written is refused while nothing is lost, and takes its name only when it is whole.
 */
export class OutputFile {
  readonly path: string;
  readonly format: Format;
  readonly #descriptor: number;
  /** Where it is written until it is whole; undefined for what is no regular file (/dev/stdout, a pipe). */
  readonly #partial: string | undefined;
  #open = true;

  /** @throws HeavyopsError USAGE for an unknown format, OUTPUT_UNWRITABLE */
  constructor(given: string, formatName: string | undefined) {
    const path = given === standardOutput ? '/dev/stdout' : given;
    this.path = path;
    this.format = chooseFormat(path, formatName);
    const existing = statSync(path, { throwIfNoEntry: false });
    const special = existing !== undefined && !existing.isFile() && !existing.isDirectory();
    this.#partial = special
      ? undefined
      : join(dirname(resolve(path)), `.${basename(path)}.${process.pid}.partial`);
    if (existing?.isDirectory() === true) {
      throw unwritable(path, 'it is a directory', 'Name a file in it.');
    }
    try {
      if (existing !== undefined) closeSync(openSync(path, 'a'));
      this.#descriptor = openSync(this.#partial ?? path, 'w');
    } catch (cause) {
      throw unwritable(path, reasonOf(cause), hintFor(cause, path), cause);
    }
  }

  /** @throws HeavyopsError OUTPUT_UNWRITABLE, for example when the disk is full */
  write(profile: Profile, view: View): void {
    try {
      for (const piece of this.format.write(profile, view)) writeAll(this.#descriptor, piece);
      this.#close();
      if (this.#partial !== undefined) renameSync(this.#partial, this.path);
    } catch (cause) {
      this.discard();
      if (cause instanceof HeavyopsError) throw cause;
      throw unwritable(this.path, reasonOf(cause), 'Free some space, or write elsewhere with -o.', cause);
    }
  }

  /** Leaves nothing behind. */
  discard(): void {
    if (!this.#open) return;
    this.#close();
    if (this.#partial !== undefined) unlinkSync(this.#partial);
  }

  #close(): void {
    this.#open = false;
    closeSync(this.#descriptor);
  }
}

/** The path that stands for standard output. */
export const standardOutput = '-';

/** Opens all of them or none. */
export function openOutputs(paths: readonly string[], formatName: string | undefined): readonly OutputFile[] {
  const opened: OutputFile[] = [];
  try {
    for (const path of paths) opened.push(new OutputFile(path, formatName));
  } catch (error) {
    for (const output of opened) output.discard();
    throw error;
  }
  return opened;
}

function writeAll(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return reasons[code] ?? String(cause instanceof Error ? cause.message : cause);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its directory does not exist',
  ENOTDIR: 'a part of its path is not a directory',
  EACCES: 'permission is denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
};

function hintFor(cause: unknown, path: string): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code === 'ENOENT'
    ? `Nothing was sampled yet. Make the directory first: mkdir -p ${dirname(resolve(path))}`
    : 'Nothing was sampled yet. Choose another path with -o.';
}

function unwritable(path: string, why: string, hint: string, cause?: unknown): HeavyopsError {
  return new HeavyopsError('OUTPUT_UNWRITABLE', `"${path}" cannot be written: ${why}`, hint, cause);
}
