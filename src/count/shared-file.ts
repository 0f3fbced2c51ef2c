import { closeSync, readSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { HeavyopsError } from '../errors.js';
import { native } from '../native.js';
import type { CodeObject } from '../profile/builder.js';
import { countersPerUnit, executions } from './runs.js';

/** What was counted in one process: the program, or a child that it has forked. */
export interface CountedProcess {
  readonly pid: number;
  readonly codes: readonly CountedCode[];
}

export interface CountedCode {
  readonly code: CodeObject;
  /** Executions, by code unit (2 bytes of the bytecode). */
  readonly counts: Float64Array;
  /** On 3.11 false where runs have begun that did not end: some counts may be one too many or too few. */
  readonly adds: boolean;
  /** For `recordedNames`. */
  readonly names: Uint8Array;
}

export interface Counted {
  /** The program first, then its children in the order in which they were forked. */
  readonly processes: readonly CountedProcess[];
  /** Counting has begun: the interpreter took the counter, and the program. */
  readonly began: boolean;
  /** Code that there was no room for is not counted. */
  readonly noRoom: boolean;
  /** The program has set a trace function, and where it did it was not counted (to 3.11). */
  readonly traced: boolean;
}

/** The memory that the interpreter counts in; see native/count/shared.h. */
export class SharedFile {
  readonly descriptor: number;

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  /**
   * @param settings of `settingsFor`
   * @param kinds of `kindsFor`
   * @throws HeavyopsError NATIVE_UNAVAILABLE
   */
  static create(settings: readonly number[], kinds: Uint16Array): SharedFile {
    const descriptor = native().anonymousFile(size);
    if (descriptor < 0) throw noMemory(-descriptor);
    const start = startOfFile(settings, kinds, size);
    writeSync(descriptor, start, 0, start.length, 0);
    return new SharedFile(descriptor);
  }

  read(): Counted {
    const pieces = new Pieces(this.descriptor);
    const [, , , last = 0, lacks = 0, began = 0, , hasMonitoring = 0] = pieces.numbers(0, 8);
    const processes: CountedProcess[] = [];
    for (let place = last; place !== 0; ) {
      const [next = 0, pid = 0, records = 0, segments = 0] = pieces.numbers(place, 4);
      const places = pieces.numbers(place + 4 * word, segments);
      processes.push({ pid, codes: [...codesOf(pieces, records, places, hasMonitoring === 1)] });
      place = next;
    }
    return {
      processes: processes.reverse(),
      began: began !== 0,
      noRoom: (lacks & 1) !== 0,
      traced: (lacks & 2) !== 0,
    };
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

/** What the file begins with, before anything is counted. */
export function startOfFile(settings: readonly number[], kinds: Uint16Array, fileSize: number): Buffer {
  const start = Buffer.alloc(kindsPlace + kinds.byteLength);
  const header = [magic, BigInt(fileSize), BigInt(page), 0n, 0n, 0n, ...settings.map(BigInt)];
  header.forEach((number, index) => {
    start.writeBigInt64LE(number, index * word);
  });
  kinds.forEach((kind, index) => {
    start.writeUInt16LE(kind, kindsPlace + index * kinds.BYTES_PER_ELEMENT);
  });
  return start;
}

/** Of addresses, not of memory: only what is written takes room. */
const size = 2 ** 36;
const magic = 0x31746e6370766f68n;
const page = 4096;
const kindsPlace = 1024;
const word = 8;
const segmentSize = 1 << 20;
const recordHead = 7 * word;

/** Code objects that have run in a process. */
function* codesOf(
  pieces: Pieces,
  last: number,
  segments: readonly number[],
  hasMonitoring: boolean,
): Generator<CountedCode> {
  for (let place = last; place !== 0; ) {
    const head = pieces.bytes(place, recordHead);
    const [next = 0, counters = 0] = numbersIn(head);
    const lengths = Array.from({ length: 7 }, (_, index) => head.readUInt32LE(3 * word + 4 * index));
    const [, , , bytecode = 0, , borrowed = 0, names = 0] = lengths;
    const texts = lengths.reduce((sum, length) => sum + length, 0);
    const end = place + recordHead + texts;
    const added = pieces.bytes(end - names - borrowed, borrowed);
    const { counts, adds } =
      borrowed > 0 && !hasMonitoring
        ? executions(
            Uint32Array.from({ length: borrowed / 4 }, (_, index) => added.readUInt32LE(index * 4)),
            countsOf(pieces, segments, counters, (bytecode / 2) * countersPerUnit),
          )
        : { counts: lent(countsOf(pieces, segments, counters, bytecode / 2), added), adds: true };
    if (counts.some((count) => count > 0)) {
      yield {
        code: codeOf(pieces, place + recordHead, lengths, head.readInt32LE(2 * word)),
        counts,
        adds,
        names: Uint8Array.from(pieces.bytes(end - names, names)),
      };
    }
    place = next;
  }
}

/** Gives instructions that have no count of their own that of the one which has it. */
function lent(counts: Float64Array, borrowed: Buffer): Float64Array {
  for (let unit = 0; unit < borrowed.length; unit++) {
    const distance = borrowed.readInt8(unit);
    if (distance !== 0) counts[unit] = counts[unit + distance] ?? 0;
  }
  return counts;
}

function codeOf(pieces: Pieces, place: number, lengths: readonly number[], firstLine: number): CodeObject {
  let at = place;
  const [name, qualname, filename, bytecode, lineTable] = lengths.map((length) => {
    const bytes = pieces.bytes(at, length);
    at += length;
    return Buffer.from(bytes);
  });
  const text = (bytes: Buffer | undefined) => bytes?.toString('utf8') ?? '';
  return {
    name: text(name),
    qualname: text(qualname) || text(name),
    filename: text(filename),
    firstLine,
    bytecode: bytecode ?? Buffer.alloc(0),
    lineTable: lineTable ?? Buffer.alloc(0),
  };
}

/** Counters of one code object; they may lie across segments. */
function countsOf(pieces: Pieces, segments: readonly number[], first: number, units: number): Float64Array {
  const counts = new Float64Array(units);
  for (let unit = 0; unit < units; ) {
    const at = first + unit * word;
    const within = at % segmentSize;
    const here = Math.min(units - unit, (segmentSize - within) / word);
    // A segment that could not be had after a fork: nothing of it is known.
    const segment = segments[Math.floor(at / segmentSize)] ?? 0;
    if (segment !== 0) counts.set(pieces.numbers(segment + within, here), unit);
    unit += here;
  }
  return counts;
}

/** The file, read in large pieces, each once. */
class Pieces {
  readonly #descriptor: number;
  readonly #pieces = new Map<number, Buffer>();

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  numbers(place: number, count: number): readonly number[] {
    return numbersIn(this.bytes(place, count * word));
  }

  bytes(place: number, length: number): Buffer {
    const first = Math.floor(place / pieceSize);
    const last = Math.floor((place + Math.max(length, 1) - 1) / pieceSize);
    const pieces = Array.from({ length: last - first + 1 }, (_, index) => this.#piece(first + index));
    const whole = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
    const start = place - first * pieceSize;
    return whole.subarray(start, start + length);
  }

  #piece(index: number): Buffer {
    let piece = this.#pieces.get(index);
    if (piece === undefined) {
      piece = Buffer.alloc(pieceSize);
      readSync(this.#descriptor, piece, 0, pieceSize, index * pieceSize);
      this.#pieces.set(index, piece);
    }
    return piece;
  }
}

const pieceSize = 1 << 16;

/** Numbers of 64 bits with a sign, none of which is beyond 2⁵³ here. */
function numbersIn(bytes: Buffer): readonly number[] {
  return Array.from(
    { length: Math.floor(bytes.length / word) },
    (_, index) => bytes.readUInt32LE(index * word) + bytes.readInt32LE(index * word + 4) * 2 ** 32,
  );
}

function noMemory(errno: number): HeavyopsError {
  const name = Object.entries(constants.errno).find(([, number]) => number === errno)?.[0];
  return new HeavyopsError(
    'NATIVE_UNAVAILABLE',
    `the kernel gives no memory to count in (memfd_create: ${name ?? getSystemErrorName(-errno)})`,
    'A sandbox may forbid it: run heavyops outside of it.',
  );
}
