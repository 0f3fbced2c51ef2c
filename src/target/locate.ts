import { HeavyopsError } from '../errors.js';
import {
  type DebugOffsets,
  debugOffsetsCookie,
  debugOffsetsSize,
  decodeDebugOffsets,
} from '../python/debug-offsets.js';
import { isSupported, type Layout, layoutFor, supportedMinors } from '../python/layout.js';
import { type GilPlace, placeOfGil } from './gil-place.js';
import { type Image, openImage } from './image.js';
import { type Module, parseWritable, type Range } from './maps.js';
import type { ReadMemory } from './memory.js';
import {
  findGilHolder,
  judgeInterpreters,
  searchInterpreters,
  type Verdict,
  verifiedGilHolder,
} from './runtime.js';
import { findAligned } from './scan.js';
import { findVersionText, type PythonVersion, readHexVersion, versionFromHex } from './version.js';

/** A CPython that was found in a process and is running. */
export interface LocatedPython {
  readonly found: 'running';
  readonly version: PythonVersion;
  readonly layout: Layout;
  /** Path of the file that holds the interpreter, as the kernel shows it here. */
  readonly module: string;
  /** Address of the pointer to the first interpreter state. */
  readonly interpretersHead: bigint;
  /** Address of the pointer to the thread state that holds the GIL (to 3.11); 0n: not known, or no such thing. */
  readonly gilHolder: bigint;
  /** Where the GIL is, to 3.11. */
  readonly gil: GilPlace;
  /** Its C library is musl: a thread that waits for the GIL does so at an address on its own stack. */
  readonly musl: boolean;
}

/** A CPython without an interpreter that has a thread (`starting`), or whose structs are not where they should be. */
export interface UnreadyPython {
  readonly found: 'starting' | 'unrecognised';
  readonly module: string;
  readonly version: PythonVersion | undefined;
}

/** A Python that heavyops cannot read. */
export interface UnsupportedPython {
  readonly found: 'unsupported';
  readonly error: HeavyopsError;
}

export interface NoPython {
  readonly found: 'none';
  /** Something has Python's name: its library may not be loaded yet. */
  readonly named: boolean;
}

export type Search = LocatedPython | UnreadyPython | UnsupportedPython | NoPython;

/** The part of a process in which Python is looked for. */
export interface Place {
  readonly pid: number;
  /** The text of /proc/PID/maps, bytes in a string. */
  readonly maps: string;
  /** What is loaded, from the same text. */
  readonly modules: readonly Module[];
  /** Path of the executable as the kernel shows it here; nothing when it is not known. */
  readonly executable: string | undefined;
  readonly read: ReadMemory;
}

/**
 * Looks for CPython in a process: first by what its modules export, which takes a few reads of memory each, then
 * in the tables of the files that Python is most likely in, at last in the memory of those. The module's name only
 * decides where to look first.
 */
export function locatePython(place: Place): Search {
  const { modules } = place;
  const likely = modules.filter((module) => isNamed(module) || module.path === place.executable);
  const others = modules.filter((module) => !likely.includes(module));
  const named = likely.some(isNamed);
  return (
    best(likely, (module) => examine(place, module, exportedOnly)) ??
    best(others, (module) => examine(place, module, exportedOnly)) ??
    best(likely, (module) => examine(place, module, everything)) ?? { found: 'none', named }
  );
}

type Found = Exclude<Search, NoPython>;

const ranks = { running: 0, starting: 1, unrecognised: 2, unsupported: 3 } as const;

function best(
  modules: readonly Module[],
  examineModule: (module: Module) => Found | undefined,
): Found | undefined {
  let found: Found | undefined;
  for (const module of [...modules].sort(libraryFirst)) {
    const next = examineModule(module);
    if (next?.found === 'running') {
      return next;
    }
    found =
      next !== undefined && (found === undefined || ranks[next.found] < ranks[found.found]) ? next : found;
  }
  return found;
}

/** Where there is a libpython, the executable is only a few lines that call it. */
function libraryFirst(a: Module, b: Module): number {
  return Number(isLibrary(b)) - Number(isLibrary(a));
}

function isLibrary({ path }: Module): boolean {
  return /\/libpython[^/]*$/.test(path);
}

function isNamed({ path }: Module): boolean {
  return /\/(lib)?python[^/]*$/i.test(path);
}

/** How to look for what an image defines. */
interface Lookup {
  symbols(image: Image, names: readonly string[]): Map<string, bigint>;
  /** The image is not even known to be a Python: what it exports did not say so. */
  readonly guessing: boolean;
}

const exportedOnly: Lookup = { symbols: (image, names) => image.exported(names), guessing: false };
const everything: Lookup = { symbols: (image, names) => image.symbols(names), guessing: true };

const symbolNames = ['_PyRuntime', 'Py_GetVersion', 'Py_Version', '_PyThreadState_Current'] as const;
type Symbols = ReadonlyMap<string, bigint>;

function examine(place: Place, module: Module, lookup: Lookup): Found | undefined {
  const image = openImage(place.pid, module, place.read);
  if (typeof image === 'string') {
    return undefined;
  }
  try {
    const mark = lookup.symbols(image, lookup.guessing ? symbolNames : ['Py_GetVersion']);
    if (mark.size === 0 && !lookup.guessing) {
      return undefined;
    }
    return examineImage(place, image, lookup.guessing ? mark : lookup.symbols(image, symbolNames));
  } finally {
    image.close();
  }
}

function examineImage(place: Place, image: Image, symbols: Symbols): Found | undefined {
  const { read } = place;
  const runtime = runtimeOf(image, symbols, read);
  const offsetBytes = runtime === undefined ? undefined : debugOffsetsAt(read, runtime);
  const version = versionOf(read, image, symbols, offsetBytes);
  const module = image.module.path;
  if (version === undefined) {
    const isPython = symbols.has('Py_GetVersion') || symbols.has('_PyRuntime');
    return isPython ? { found: 'starting', module, version } : undefined;
  }
  if (version.major !== 3 || !isSupported(version)) {
    return { found: 'unsupported', error: unsupported(version) };
  }
  return examineRuntime(
    place,
    image,
    symbols,
    version,
    runtime,
    offsetBytes && decodeDebugOffsets(offsetBytes),
  );
}

function examineRuntime(
  place: Place,
  image: Image,
  symbols: Symbols,
  version: PythonVersion,
  runtime: bigint | undefined,
  debugOffsets: DebugOffsets | undefined,
): Found {
  const { read } = place;
  const layout = layoutFor(version, debugOffsets);
  const module = image.module.path;
  const { head, verdict } = interpretersOf(place, image, runtime, layout, debugOffsets !== undefined);
  if (head === undefined || verdict !== 'running') {
    return { found: verdict === 'wrong' ? 'unrecognised' : 'starting', module, version };
  }
  const current = symbols.get('_PyThreadState_Current');
  const gilHolder =
    current === undefined
      ? findGilHolder(read, head, layout)
      : verifiedGilHolder(read, current, head, layout);
  const statics = {
    start: image.writable[0]?.start ?? 0n,
    end: image.writable.at(-1)?.end ?? 0n,
  };
  return {
    found: 'running',
    version,
    layout,
    module,
    interpretersHead: head,
    gilHolder,
    gil: placeOfGil(read, head, layout, statics),
    musl: place.maps.includes('/ld-musl-'),
  };
}

/** To 3.6 there is no _PyRuntime; later it can only be missing from a static executable that was stripped. */
function runtimeOf(image: Image, symbols: Symbols, read: ReadMemory): bigint | undefined {
  const known = symbols.get('_PyRuntime');
  if (known !== undefined || symbols.has('_PyThreadState_Current')) {
    return known;
  }
  return (
    image.section('.PyRuntime')?.start ?? findAligned(read, image.writable, Buffer.from(debugOffsetsCookie))
  );
}

function debugOffsetsAt(read: ReadMemory, runtime: bigint): Uint8Array | undefined {
  const bytes = read(runtime, debugOffsetsSize);
  const cookie = bytes && Buffer.from(bytes.subarray(0, debugOffsetsCookie.length)).toString('latin1');
  return cookie === debugOffsetsCookie ? bytes : undefined;
}

function versionOf(
  read: ReadMemory,
  image: Image,
  symbols: Symbols,
  offsetBytes: Uint8Array | undefined,
): PythonVersion | undefined {
  if (offsetBytes !== undefined) {
    // _Py_DebugOffsets begins the same in every version that has it: cookie, version, free_threaded.
    const words = new DataView(offsetBytes.buffer, offsetBytes.byteOffset);
    return versionFromHex(words.getUint32(8, true), words.getUint32(16, true) !== 0);
  }
  const constant = symbols.get('Py_Version');
  return (constant && readHexVersion(read, constant)) || findVersionText(read, image.writable);
}

interface Interpreters {
  readonly head: bigint | undefined;
  readonly verdict: Verdict;
}

/** Where the table says, else wherever in the runtime, else in the whole module, there is a list of interpreters. */
function interpretersOf(
  place: Place,
  image: Image,
  runtime: bigint | undefined,
  layout: Layout,
  isCertain: boolean,
): Interpreters {
  const { read } = place;
  const expected = expectedHead(image, runtime, layout);
  const verdict = expected === undefined ? 'empty' : judgeInterpreters(read, expected, layout);
  if (verdict === 'running' || isCertain || (verdict === 'empty' && expected !== undefined)) {
    return { head: expected, verdict };
  }
  const near: readonly Range[] = runtime === undefined ? [] : [{ start: runtime, end: runtime + 4096n }];
  const writable = parseWritable(place.maps);
  const head =
    searchInterpreters(read, near, writable, layout) ??
    searchInterpreters(read, image.writable, writable, layout);
  return head === undefined ? { head, verdict } : { head, verdict: 'running' };
}

function expectedHead(
  image: Image,
  runtime: bigint | undefined,
  { runtime: { size, interpretersHead } }: Layout,
): bigint | undefined {
  if (size < 0) {
    return image.symbols(['interp_head']).get('interp_head');
  }
  return runtime === undefined ? undefined : runtime + BigInt(interpretersHead);
}

function unsupported({ text, freeThreaded }: PythonVersion): HeavyopsError {
  const [first, last] = [supportedMinors[0], supportedMinors.at(-1)];
  return new HeavyopsError(
    'UNSUPPORTED_PYTHON',
    `the process runs Python ${text}${freeThreaded ? ', a free-threaded build' : ''}, which heavyops cannot read`,
    `heavyops reads CPython 3.${first} to 3.${last}, of the free-threaded builds 3.13 only. A newer heavyops may know a newer Python: \`npm install -g heavyops@latest\`.`,
  );
}
