import type { Layout } from '../python/layout.js';
import type { Range } from './maps.js';
import { type ReadMemory, readPointer, viewOf } from './memory.js';
import { forEachPointer } from './scan.js';

/** The offsets in which an interpreter is recognised: see `Layout`. */
export type RuntimeLayout = Pick<Layout, 'runtime' | 'interpreter' | 'thread'>;

/**
 * What is found when a word of memory is taken for `interpreters.head`: interpreters with a thread, none that has
 * one (not yet, or no longer), or something else.
 */
export type Verdict = 'running' | 'empty' | 'wrong';

const mostInterpreters = 4096;
/** CPython's own variables hold some 20,000 different pointers; a large program's could keep us for minutes. */
const mostCandidates = 100_000;

/** Whether `head` holds a list of interpreters, each with threads that point back at it. */
export function judgeInterpreters(read: ReadMemory, head: bigint, layout: RuntimeLayout): Verdict {
  // The target runs on while it is read, so a thread state can be freed between two reads.
  const verdicts = [0, 1, 2].map(() => () => judgeOnce(read, readPointer(read, head), layout));
  return verdicts.reduce<Verdict>((verdict, again) => (verdict === 'wrong' ? again() : verdict), 'wrong');
}

function judgeOnce(read: ReadMemory, first: bigint | undefined, layout: RuntimeLayout): Verdict {
  let interpreter = first;
  for (let count = 0; count < mostInterpreters; count++) {
    if (interpreter === undefined || interpreter % 8n !== 0n) {
      return 'wrong';
    }
    if (interpreter === 0n) {
      return 'empty';
    }
    const verdict = judgeInterpreter(read, interpreter, layout);
    if (verdict !== 'empty') {
      return verdict;
    }
    interpreter = readPointer(read, interpreter + BigInt(layout.interpreter.next));
  }
  return 'wrong';
}

/** The first thread of an interpreter points back at it, and has none before it. */
function judgeInterpreter(
  read: ReadMemory,
  interpreter: bigint,
  { interpreter: fields, thread }: RuntimeLayout,
): Verdict {
  const first = readPointer(read, interpreter + BigInt(fields.threadsHead));
  if (first === undefined || first % 8n !== 0n) {
    return 'wrong';
  }
  if (first === 0n) {
    return 'empty';
  }
  const pointsBack = readPointer(read, first + BigInt(thread.interp)) === interpreter;
  const isFirst = thread.prev < 0 || readPointer(read, first + BigInt(thread.prev)) === 0n;
  return pointsBack && isFirst ? 'running' : 'wrong';
}

/**
 * Looks for `interpreters.head` in `ranges`: first a word that the runtime's initial interpreter follows, as
 * `interpreters.main` does (3.7+), else the first that leads to a running interpreter at all (which then is one
 * that always leads to the initial interpreter, such as `gilstate.autoInterpreterState`).
 *
 * @param writable all memory of the target in which an interpreter state can be
 */
export function searchInterpreters(
  read: ReadMemory,
  ranges: readonly Range[],
  writable: readonly Range[],
  layout: RuntimeLayout,
): bigint | undefined {
  const known = new Map<bigint, Verdict>();
  let fallback: bigint | undefined;
  const head = forEachPointer(read, ranges, writable, (slot, pointer) => {
    const verdict = known.get(pointer) ?? judgeInterpreter(read, pointer, layout);
    known.set(pointer, verdict);
    if (known.size > mostCandidates) {
      return slot;
    }
    if (verdict !== 'running') {
      return undefined;
    }
    fallback ??= slot;
    return readPointer(read, slot + 8n) === initialInterpreter(read, pointer, layout) ? slot : undefined;
  });
  return known.size > mostCandidates ? fallback : (head ?? fallback);
}

/** Interpreters are listed newest first: the initial one is the last. */
function initialInterpreter(
  read: ReadMemory,
  head: bigint,
  { interpreter }: RuntimeLayout,
): bigint | undefined {
  let current: bigint | undefined = head;
  for (let count = 0; count < mostInterpreters && current !== undefined; count++) {
    const next = readPointer(read, current + BigInt(interpreter.next));
    if (next === 0n) {
      return current;
    }
    current = next;
  }
  return undefined;
}

/**
 * The address of `gilstate.tstate_current` (3.7–3.11), the pointer to the thread state that holds the GIL; 0n
 * when it cannot be told. Patch releases have moved it (3.7.4 did), so it is recognised by its neighbours in
 * `struct _gilstate_runtime_state`: the flag `check_enabled` before it, `autoInterpreterState` one (3.9+) or two
 * words behind it, which is the initial interpreter.
 */
export function findGilHolder(read: ReadMemory, interpretersHead: bigint, layout: RuntimeLayout): bigint {
  const { interpretersHead: headOffset, tstateCurrent } = layout.runtime;
  const head = readPointer(read, interpretersHead);
  const initial = head && initialInterpreter(read, head, layout);
  if (tstateCurrent < 0 || initial === undefined || initial === 0n) {
    return 0n;
  }
  const runtime = interpretersHead - BigInt(headOffset);
  const offsets = [tstateCurrent, ...offsetsToTry(headOffset)];
  const isThreadOrNull = (word: bigint) => word === 0n || isThread(read, word, interpretersHead, layout);
  const isHolder = (offset: number) =>
    hasNeighbours(read, runtime + BigInt(offset), initial, isThreadOrNull) &&
    holdsThreads(read, runtime + BigInt(offset), interpretersHead, layout);
  const found = offsets.find(isHolder);
  return found === undefined ? 0n : runtime + BigInt(found);
}

/** 3.6: `_PyThreadState_Current` is a variable of its own. */
export function verifiedGilHolder(
  read: ReadMemory,
  address: bigint,
  interpretersHead: bigint,
  layout: RuntimeLayout,
): bigint {
  return holdsThreads(read, address, interpretersHead, layout) ? address : 0n;
}

/** To 3.10 _PyRuntime has at most 1,520 bytes; in 3.11 the part before its large tables is as short. */
function offsetsToTry(headOffset: number): readonly number[] {
  return Array.from({ length: 2048 / 8 }, (_, index) => 8 * index).filter(
    (offset) => offset > headOffset + 24,
  );
}

function hasNeighbours(
  read: ReadMemory,
  slot: bigint,
  initial: bigint,
  isThreadOrNull: (word: bigint) => boolean,
): boolean {
  const bytes = read(slot - 8n, 32);
  if (bytes === undefined) {
    return false;
  }
  const view = viewOf(bytes);
  const [next, afterNext] = [view.getBigUint64(16, true), view.getBigUint64(24, true)];
  // Two words behind it, the one between is the function `getframe`; else it is `check_enabled` that was looked at.
  const isBehind = next === initial || (afterNext === initial && !isThreadOrNull(next));
  return view.getUint32(0, true) <= 1 && isBehind;
}

/** It is NULL while nobody holds the GIL, else a thread state of one of the interpreters. */
function holdsThreads(
  read: ReadMemory,
  slot: bigint,
  interpretersHead: bigint,
  layout: RuntimeLayout,
): boolean {
  for (let reads = 0; reads < 8; reads++) {
    const holder = readPointer(read, slot);
    if (holder === undefined || (holder !== 0n && !isThread(read, holder, interpretersHead, layout))) {
      // A thread can have ended since: only what is wrong again is wrong.
      const again = readPointer(read, slot);
      if (again === undefined || (again !== 0n && !isThread(read, again, interpretersHead, layout))) {
        return false;
      }
    }
  }
  return true;
}

/** A thread state says which interpreter it belongs to; that has to be one in the list. */
function isThread(
  read: ReadMemory,
  thread: bigint,
  interpretersHead: bigint,
  layout: RuntimeLayout,
): boolean {
  if (thread % 8n !== 0n) {
    return false;
  }
  const owner = readPointer(read, thread + BigInt(layout.thread.interp));
  return owner !== undefined && interpretersOf(read, interpretersHead, layout).includes(owner);
}

function interpretersOf(
  read: ReadMemory,
  interpretersHead: bigint,
  { interpreter }: RuntimeLayout,
): readonly bigint[] {
  const found: bigint[] = [];
  let current = readPointer(read, interpretersHead);
  while (current !== undefined && current !== 0n && found.length < mostInterpreters) {
    found.push(current);
    current = readPointer(read, current + BigInt(interpreter.next));
  }
  return found;
}
