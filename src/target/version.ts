import type { Range } from './maps.js';
import { type ReadMemory, viewOf } from './memory.js';
import { forEachPiece } from './scan.js';

/** Which CPython a target runs. */
export interface PythonVersion {
  readonly major: number;
  readonly minor: number;
  readonly micro: number;
  readonly releaseLevel: 'alpha' | 'beta' | 'candidate' | 'final';
  readonly serial: number;
  readonly freeThreaded: boolean;
  /** For example "3.14.10" or "3.15.0rc1". */
  readonly text: string;
}

/** From PY_VERSION_HEX: `Py_Version` (3.11+) and `_Py_DebugOffsets` (3.13+) hold it. Nothing when it cannot be one. */
export function versionFromHex(hex: number, freeThreaded: boolean): PythonVersion | undefined {
  const [major, minor, micro] = [hex >>> 24, (hex >>> 16) & 0xff, (hex >>> 8) & 0xff];
  const releaseLevel = levelsByNibble.get((hex >>> 4) & 0xf);
  if (releaseLevel === undefined || major < 2 || major > 4) {
    return undefined;
  }
  return version({ major, minor, micro, releaseLevel, serial: hex & 0xf, freeThreaded });
}

/**
 * From what Py_GetVersion() returns, e.g. "3.9.18 (main, May  9 2026, 10:00:00) \n[GCC 12.2.0]"; distributors put
 * words of their own behind the number. Nothing when the text is something else.
 */
export function versionFromText(text: string): PythonVersion | undefined {
  const match = versionText.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, major, minor, micro, level, serial, words = ''] = match;
  return version({
    major: Number(major),
    minor: Number(minor),
    micro: Number(micro),
    releaseLevel: levelsByLetter.get(level ?? '') ?? 'final',
    serial: Number(serial ?? 0),
    freeThreaded: words.includes('free-threading'),
  });
}

/**
 * Finds the text of Py_GetVersion() in memory: a static buffer in Python/getversion.c, filled when `sys` is made.
 */
export function findVersionText(read: ReadMemory, ranges: readonly Range[]): PythonVersion | undefined {
  return forEachPiece(read, ranges, longestText, (piece) => {
    for (const beforeCompiler of compilerStarts) {
      for (let at = piece.indexOf(beforeCompiler); at >= 0; at = piece.indexOf(beforeCompiler, at + 1)) {
        const found = versionFromText(stringAround(piece, at));
        if (found !== undefined) {
          return found;
        }
      }
    }
    return undefined;
  });
}

/** Reads `Py_Version`, a constant. */
export function readHexVersion(read: ReadMemory, address: bigint): PythonVersion | undefined {
  const bytes = read(address, 4);
  return bytes && versionFromHex(viewOf(bytes).getUint32(0, true), false);
}

const versionText =
  /^([23])\.(\d{1,2})\.(\d{1,3})(?:(a|b|c|rc)(\d{1,3}))?\+?([^\n(]{0,70}) \([^\n]{1,81}\) ?\n?\[(?!PyPy)/;
// "%.80s (%.80s) %.80s"; what names the compiler began with a newline up to 3.9.
const compilerStarts = [Buffer.from(') ['), Buffer.from(') \n[')];
const longestText = 300;

const levels = { a: 'alpha', b: 'beta', c: 'candidate', rc: 'candidate' } as const;
const levelsByLetter = new Map<string, PythonVersion['releaseLevel']>(Object.entries(levels));
const levelsByNibble = new Map<number, PythonVersion['releaseLevel']>([
  [0xa, 'alpha'],
  [0xb, 'beta'],
  [0xc, 'candidate'],
  [0xf, 'final'],
]);

function version(parts: Omit<PythonVersion, 'text'>): PythonVersion {
  const { major, minor, micro, releaseLevel, serial } = parts;
  const letters = { alpha: 'a', beta: 'b', candidate: 'rc', final: '' }[releaseLevel];
  return { ...parts, text: `${major}.${minor}.${micro}${letters}${releaseLevel === 'final' ? '' : serial}` };
}

/** The C string that the byte at `at` belongs to, as far as it matters. */
function stringAround(piece: Buffer, at: number): string {
  const earliest = Math.max(0, at - longestText);
  const start = piece.subarray(earliest, at).lastIndexOf(0) + 1 + earliest;
  return piece.toString('latin1', start, Math.min(piece.length, at + 10));
}
