import { readFileSync } from '../lib/file-system.js';
import type { DebugOffsets } from './debug-offsets.js';

/**
 * Where things are inside one CPython. From 3.13 on the interpreter's own `_Py_DebugOffsets` overrule the table
 * that was made from the headers of that minor version; what they lack (co_framesize, the GIL, dict keys …)
 * comes from the table.
 */
export interface Layout {
  readonly minor: number;
  /** The patch release. */
  readonly micro: number;
  readonly freeThreaded: boolean;
  readonly runtime: {
    readonly interpretersHead: number;
    readonly tstateCurrent: number;
    readonly size: number;
  };
  readonly interpreter: { readonly next: number; readonly id: number; readonly threadsHead: number };
  readonly thread: {
    readonly next: number;
    readonly prev: number;
    readonly interp: number;
    readonly threadId: number;
    readonly nativeThreadId: number;
  };
  /** Offset of a field by CPython's own names, or its struct's size by the name `sizeof`. -1 when it has none. */
  field(struct: string, name: string): number;
}

/** @throws Error for a version without a table (callers ask `isSupported` first). */
export function layoutFor(
  version: { readonly minor: number; readonly micro: number; readonly freeThreaded?: boolean },
  debugOffsets?: DebugOffsets,
): Layout {
  const freeThreaded = version.freeThreaded ?? false;
  const table = offsetTable(version.minor, freeThreaded);
  const field = (struct: string, name: string): number =>
    debugOffsets?.structs[struct]?.[name] ?? table.structs[struct]?.[name] ?? -1;
  const first = (struct: string, ...names: readonly string[]): number =>
    names.map((name) => field(struct, name)).find((offset) => offset >= 0) ?? -1;
  return {
    minor: version.minor,
    micro: version.micro,
    freeThreaded,
    runtime: {
      // 3.6 has no _PyRuntime: the address that stands for it is that of the variable itself.
      interpretersHead: Math.max(field('_PyRuntimeState', 'interpreters.head'), 0),
      tstateCurrent: field('_PyRuntimeState', 'gilstate.tstate_current'),
      size: field('_PyRuntimeState', 'sizeof'),
    },
    interpreter: {
      next: field('PyInterpreterState', 'next'),
      id: field('PyInterpreterState', 'id'),
      threadsHead: first('PyInterpreterState', 'threads.head', 'tstate_head'),
    },
    thread: {
      next: field('PyThreadState', 'next'),
      prev: field('PyThreadState', 'prev'),
      interp: field('PyThreadState', 'interp'),
      threadId: field('PyThreadState', 'thread_id'),
      nativeThreadId: field('PyThreadState', 'native_thread_id'),
    },
    field,
  };
}

export const supportedMinors: readonly number[] = [6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/** Whether there is a table for it: of the free-threaded builds for 3.13 only, see docs/adding-a-python.md. */
export function isSupported(version: { readonly minor: number; readonly freeThreaded: boolean }): boolean {
  return supportedMinors.includes(version.minor) && (!version.freeThreaded || version.minor === 13);
}

interface OffsetTable {
  readonly structs: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const tables = new Map<string, OffsetTable>();

function offsetTable(minor: number, freeThreaded: boolean): OffsetTable {
  const name = `offsets-3.${minor}${freeThreaded ? 't' : ''}`;
  const known = tables.get(name);
  if (known !== undefined) return known;
  const table = JSON.parse(
    readFileSync(new URL(`./data/${name}.json`, import.meta.url), 'utf8'),
  ) as OffsetTable;
  tables.set(name, table);
  return table;
}
