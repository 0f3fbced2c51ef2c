import type { Target } from '../target.js';
import { ObjectReader } from './object-reader.js';

/** What the names need of a target. */
export type NamedThreads = Pick<Target, 'read' | 'layout' | 'interpretersHead'>;

/**
 * The names that Python's `threading` has for the threads of all interpreters, by `threading.get_ident()`. Empty
 * when the program has not imported it; threads that were not started through it have none.
 */
export function threadNames(target: NamedThreads, reader = new ObjectReader(target)): Map<bigint, string> {
  const names = new Map<bigint, string>();
  for (const interpreter of interpreters(reader, target)) {
    for (const [ident, name] of namesIn(reader, target, interpreter)) names.set(ident, name);
  }
  return names;
}

const mostInterpreters = 256;
const mostThreads = 10_000;

function* interpreters(
  { memory }: ObjectReader,
  { layout, interpretersHead }: NamedThreads,
): Generator<bigint> {
  let interpreter = memory.pointer(interpretersHead);
  for (let count = 0; interpreter !== undefined && interpreter !== 0n && count < mostInterpreters; count++) {
    yield interpreter;
    interpreter = memory.pointer(interpreter + BigInt(layout.interpreter.next));
  }
}

/** `sys.modules['threading']._active`: a dict from ident to Thread, whose `_name` is its name (Lib/threading.py). */
function* namesIn(
  reader: ObjectReader,
  { layout }: NamedThreads,
  interpreter: bigint,
): Generator<readonly [ident: bigint, name: string]> {
  const active = activeThreads(reader, interpreter + BigInt(modulesOffset(layout)));
  let left = mostThreads;
  for (const [key, thread] of active === undefined ? [] : reader.entries(active)) {
    if (left-- === 0) return;
    const ident = reader.integer(key);
    const name = nameOf(reader, thread);
    if (ident !== undefined && name !== undefined) yield [ident, name];
  }
}

function modulesOffset({ field }: NamedThreads['layout']): number {
  const nested = field('PyInterpreterState', 'imports.modules');
  return nested >= 0 ? nested : field('PyInterpreterState', 'modules');
}

function activeThreads(reader: ObjectReader, modulesAt: bigint): bigint | undefined {
  const modules = reader.memory.pointer(modulesAt);
  const threading = modules === undefined ? undefined : reader.item(modules, 'threading');
  const globals = threading === undefined ? undefined : reader.moduleDict(threading);
  return globals === undefined ? undefined : reader.item(globals, '_active');
}

function nameOf(reader: ObjectReader, thread: bigint): string | undefined {
  let left = 64;
  for (const [name, value] of reader.attributes(thread)) {
    if (name === '_name') return reader.text(value);
    if (left-- === 0) break;
  }
  return undefined;
}
