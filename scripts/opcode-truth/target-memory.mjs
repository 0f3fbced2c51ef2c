import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/**
 * What the kernel shows of a process: its mappings and its memory, through /proc alone. Addresses are numbers here:
 * those of a program are below 2^47.
 */
export class TargetMemory {
  #descriptor;

  /** @param {number} pid */
  constructor(pid) {
    this.pid = pid;
    this.#descriptor = openSync(`/proc/${pid}/mem`, 'r');
  }

  close() {
    closeSync(this.#descriptor);
  }

  /** @param {number} address @param {number} length @returns {Buffer} */
  read(address, length) {
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length; ) {
      const read = readSync(this.#descriptor, bytes, done, length - done, address + done);
      if (read === 0) throw new Error(`nothing at 0x${(address + done).toString(16)} of process ${this.pid}`);
      done += read;
    }
    return bytes;
  }

  /** Each mapped file whose path is wanted: its mappings, lowest address first. @param {(path: string) => boolean} wanted */
  files(wanted) {
    /** @type {Map<string, { start: number, end: number, permissions: string, path: string }[]>} */
    const files = new Map();
    for (const line of readFileSync(`/proc/${this.pid}/maps`, 'utf8').split('\n')) {
      const [, start = '', end = '', permissions = '', path = ''] =
        /^(\w+)-(\w+) (....) \S+ \S+ \d+ *(.*)$/.exec(line) ?? [];
      if (path === '' || !wanted(path)) continue;
      const mapping = { start: Number.parseInt(start, 16), end: Number.parseInt(end, 16), permissions, path };
      files.set(path, [...(files.get(path) ?? []), mapping]);
    }
    return [...files.values()];
  }
}

/** @param {Buffer} bytes @param {number} offset */
export function pointerAt(bytes, offset) {
  return bytes.readUInt32LE(offset) + bytes.readUInt32LE(offset + 4) * 2 ** 32;
}
