import { closeSync, constants, fstatSync, openSync, readSync } from '../lib/file-system.js';
import type { ReadAt } from './elf.js';
import type { Module } from './maps.js';
import type { ReadMemory } from './memory.js';

/** A file that the target has mapped, open for reading. */
export interface MappedFile {
  readonly readAt: ReadAt;
  close(): void;
}

/**
 * Opens the file of a module, as the target sees it: a path in its maps belongs to its mount namespace and root.
 * Nothing when the file is out of reach or is not the one that is mapped.
 */
export function openModule(pid: number, module: Module, read: ReadMemory): MappedFile | undefined {
  for (const path of pathsOf(pid, module)) {
    const file = openRegular(path);
    if (file === undefined) {
      continue;
    }
    if (isSame(file, module, read)) {
      return { readAt: file.readAt, close: file.close };
    }
    file.close();
  }
  return undefined;
}

/**
 * Through the target's root; as it is, for one under chroot alone, whose paths the kernel shows from our root; and
 * by address, which needs more rights and also reaches files without a name.
 */
function pathsOf(pid: number, { path, mappings }: Module): readonly string[] {
  const [first] = mappings;
  const range = first === undefined ? [] : [`${first.start.toString(16)}-${first.end.toString(16)}`];
  const written = path.replaceAll('\n', '\\012');
  const names = written === path ? [path] : [path, written];
  return [
    ...names.map((name) => `/proc/${pid}/root${name}`),
    ...range.map((name) => `/proc/${pid}/map_files/${name}`),
  ];
}

interface RegularFile extends MappedFile {
  readonly device: bigint;
  readonly inode: bigint;
}

function openRegular(path: string): RegularFile | undefined {
  let file: number;
  try {
    // A name can belong to something else by now: opening a FIFO would wait for ever, a terminal could become ours.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
  const stat = fstatSync(file, { bigint: true });
  const close = () => closeSync(file);
  if (!stat.isFile()) {
    close();
    return undefined;
  }
  const size = Number(stat.size);
  return {
    readAt: (offset, length) => readExactly(file, size, offset, length),
    close,
    device: stat.dev,
    inode: stat.ino,
  };
}

function readExactly(file: number, size: number, offset: number, length: number): Uint8Array | undefined {
  if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
    return undefined;
  }
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = readSome(file, bytes, done, offset + done);
    if (count === 0) {
      return undefined;
    }
    done += count;
  }
  return bytes;
}

/** A file system that fails is as good as a file that is not there: the memory has most of it too. */
function readSome(file: number, bytes: Uint8Array, at: number, offset: number): number {
  try {
    return readSync(file, bytes, at, bytes.length - at, offset);
  } catch {
    return 0;
  }
}

/**
 * By device and inode. On overlayfs and btrfs stat and maps name different devices; then by what is mapped from
 * its start, which holds the build id.
 */
function isSame(file: RegularFile, module: Module, read: ReadMemory): boolean {
  if (file.inode === module.inode && deviceName(file.device) === normalised(module.device)) {
    return true;
  }
  const start = module.mappings.find(({ offset }) => offset === 0)?.start;
  const [mapped, stored] = [start && read(start, startLength), file.readAt(0, startLength)];
  return (
    mapped !== undefined && stored !== undefined && mapped !== 0n && Buffer.compare(mapped, stored) === 0
  );
}

const startLength = 2048;

/** A device number as maps writes it; its parts as in glibc's gnu_dev_major and gnu_dev_minor. */
function deviceName(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn);
  return `${major.toString(16)}:${minor.toString(16)}`;
}

function normalised(device: string): string {
  return device.replace(/^0+(?=.)/, '').replace(/:0+(?=.)/, ':');
}
