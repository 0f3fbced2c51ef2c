import { createRequire } from 'node:module';

/** Just what is used here of two packages that have no types, or none that fit. */
interface Ffi {
  Library(library: null, functions: Readonly<Record<string, readonly [string, readonly string[]]>>): Libc;
  errno(): number;
}

interface Ref {
  /** Address of a buffer's first byte, decimal. */
  hexAddress(buffer: Buffer): string;
}

interface Libc {
  process_vm_readv(
    pid: number,
    local: Buffer,
    locals: number,
    remote: Buffer,
    remotes: number,
    flags: number,
  ): number;
}

/** Reads another process's memory through libc, with nothing of the addon's in between. */
export interface SecondReader {
  /** As Native.readMemory: the number of bytes read, or minus errno. */
  readMemory(pid: number, address: bigint, into: Buffer): number;
}

/** Loads the packages on call, since a machine may not have them built. */
export function secondReader(): SecondReader {
  const require = createRequire(import.meta.url);
  const ffi = require('@2060.io/ffi-napi') as Ffi;
  const ref = require('ref-napi') as Ref;
  const libc = ffi.Library(null, {
    process_vm_readv: ['long', ['int', 'pointer', 'ulong', 'pointer', 'ulong', 'ulong']],
  });
  return {
    readMemory(pid, address, into) {
      const local = iovec(BigInt(`0x${ref.hexAddress(into)}`), into.length);
      const read = libc.process_vm_readv(pid, local, 1, iovec(address, into.length), 1, 0);
      return read === -1 ? -ffi.errno() : read;
    },
  };
}

/** struct iovec of <sys/uio.h>: an address and a length, 8 bytes each. */
function iovec(address: bigint, length: number): Buffer {
  const vector = Buffer.alloc(16);
  vector.writeBigUInt64LE(address, 0);
  vector.writeBigUInt64LE(BigInt(length), 8);
  return vector;
}
