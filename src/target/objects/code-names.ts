import type { InstructionNames } from '../../python/instruction-text.js';
import type { Layout } from '../../python/layout.js';
import { tupleElements } from './containers.js';
import type { ObjectReader } from './object-reader.js';
import { ReprWriter } from './repr.js';
import type { ReprLimits } from './repr-limits.js';

/**
 * Reads the names and constants of a code object, each list within bounds. The target runs on: nothing when there is
 * another object at `address` by now.
 *
 * @param code what the code object was when it was found
 */
export function codeNames(
  reader: ObjectReader,
  { field, minor }: Layout,
  address: bigint,
  code: { readonly name: string; readonly firstLine: number },
): InstructionNames | undefined {
  const at = (name: string) => address + BigInt(field('PyCodeObject', name));
  const isSame = () =>
    reader.typeName(address) === 'code' &&
    reader.memory.int32(at('co_firstlineno')) === code.firstLine &&
    reader.text(reader.memory.pointer(at('co_name')) ?? 0n, longestName) === code.name;
  if (!isSame()) return undefined;
  const texts = (name: string) =>
    elementsAt(reader, at(name)).map((element) => reader.text(element, longestName) ?? '?');
  const grouped = minor <= 10;
  const found = {
    names: texts('co_names'),
    constants: elementsAt(reader, at('co_consts')).map((element) =>
      new ReprWriter(reader, constantLimits).write(element),
    ),
    variables: texts(grouped ? 'co_varnames' : 'co_localsplusnames'),
    cells: grouped ? [...texts('co_cellvars'), ...texts('co_freevars')] : [],
  };
  reader.memory.forget();
  return isSame() ? found : undefined;
}

/** More than any hand-written function has; tables that programs generate can have more. native/count/code_names.cc, too. */
const mostElements = 1000;
export const longestName = 512;

/** A constant stands beside its instruction, on one line. */
export const constantLimits: Pick<ReprLimits, 'depth' | 'items' | 'text' | 'total' | 'objects'> = {
  depth: 2,
  items: 8,
  text: 80,
  total: 120,
  objects: 40,
};

function elementsAt(reader: ObjectReader, pointer: bigint): readonly bigint[] {
  const tuple = reader.memory.pointer(pointer) ?? 0n;
  if (reader.typeName(tuple) !== 'tuple') return [];
  const found: bigint[] = [];
  for (const element of tupleElements(reader.memory, reader.fields, tuple)?.each ?? []) {
    if (found.length >= mostElements) break;
    found.push(element);
  }
  return found;
}
