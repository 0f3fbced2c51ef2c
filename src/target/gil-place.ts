import type { Layout } from '../python/layout.js';
import type { Range } from './maps.js';
import { type ReadMemory, viewOf } from './memory.js';

/** The offsets in which the GIL is found. */
export type GilLayout = Pick<Layout, 'minor' | 'runtime' | 'field'>;

export interface GilPlace {
  /** Address of the struct `_gil_runtime_state` (Include/internal/pycore_gil.h); 0n: not known. */
  readonly struct: bigint;
  /** Where a thread waits that waits for the GIL: at its condition or its mutex. */
  readonly locks: Range;
}

/**
 * Where the GIL is, to 3.11: from 3.12 on each interpreter points at its own.
 *
 * @param statics the interpreter's writable data: to 3.11 all locks but those of the GIL are on the heap, so it will do where
 *   the struct is not known (3.6 has variables in its place) or not where the table has it
 */
export function placeOfGil(
  read: ReadMemory,
  interpretersHead: bigint,
  layout: GilLayout,
  statics: Range,
): GilPlace {
  if (layout.minor >= 12) return { struct: 0n, locks: { start: 0n, end: 0n } };
  const lastHolder = layout.field('_PyRuntimeState', 'ceval.gil.last_holder');
  if (lastHolder < 0) return { struct: 0n, locks: statics };
  const runtime = interpretersHead - BigInt(layout.runtime.interpretersHead);
  const start = runtime + BigInt(lastHolder - layout.field('_gil_runtime_state', 'last_holder'));
  const end = start + BigInt(layout.field('_gil_runtime_state', 'sizeof'));
  return isGil(read, start) ? { struct: start, locks: { start, end } } : { struct: 0n, locks: statics };
}

/** Microseconds; 5,000 by default (DEFAULT_INTERVAL in Python/ceval_gil.h). */
const longestInterval = 10n ** 12n;

/** `interval`, `last_holder`, which may have ended since, and `locked`, -1 to 1. */
function isGil(read: ReadMemory, start: bigint): boolean {
  const bytes = read(start, 24);
  if (bytes === undefined) return false;
  const view = viewOf(bytes);
  const [interval, lastHolder] = [view.getBigUint64(0, true), view.getBigUint64(8, true)];
  const locked = view.getInt32(16, true);
  const isPointer = lastHolder % 8n === 0n && lastHolder < 1n << 56n;
  return interval > 0n && interval < longestInterval && isPointer && locked >= -1 && locked <= 1;
}
