import type { Layout } from '../../python/layout.js';
import { tupleElements } from './containers.js';
import type { ObjectReader } from './object-reader.js';
import { ReprWriter } from './repr.js';
import type { ReprLimits } from './repr-limits.js';
import { readBytes } from './scalars.js';

/** A variable of a frame: its value as `repr` text, within limits. */
export interface Local {
  readonly name: string;
  readonly value: string;
}

/**
 * The variables of a frame that have values now: arguments and locals, cells, free variables, in the order of the
 * code object. A frame of a module or class body has the names of its namespace instead, those in double
 * underscores left out. The target runs on: nothing when the frame no longer runs the code `code`.
 *
 * @param frame address of the PyFrameObject (to 3.10) or _PyInterpreterFrame (3.11+)
 * @param code address of its code object
 */
export function frameLocals(
  reader: ObjectReader,
  layout: Layout,
  frame: bigint,
  code: bigint,
  limits?: Partial<ReprLimits>,
): readonly Local[] | undefined {
  const fields = frameFields(layout);
  // The frame and its values shall be of about one instant.
  reader.memory.forget();
  if (codeOf(reader, fields, frame) !== code) return undefined;
  const flags = reader.memory.int32(code + BigInt(layout.field('PyCodeObject', 'co_flags'))) ?? 0;
  const found =
    (flags & CO_OPTIMIZED) === 0
      ? namespaceOf(reader, fields, frame)
      : variables(reader, layout, code, frame + BigInt(fields.locals));
  const locals = found.map(([name, held]) => ({ name, value: valueText(reader, fields, held, limits) }));
  const pointerNow = reader.memory.pointerNow(frame + BigInt(fields.code)) ?? 0n;
  return (pointerNow & ~fields.tagBits) === code ? locals : undefined;
}

/** Its locals are in the frame; without it (a module, a class body, exec'd text) in a mapping. */
const CO_OPTIMIZED = 1;
const CO_FAST_HIDDEN = 0x10;
const CO_FAST_CELL = 0x40;
const CO_FAST_FREE = 0x80;

const mostVariables = 1000;
const mostNamespaceEntries = 100;

/** `held` is as it stands in the frame, tag bits included. */
type Variable = readonly [name: string, held: bigint];

interface FrameFields {
  readonly code: number;
  readonly namespace: number;
  readonly locals: number;
  /** 3.14+: low bits that are not the pointer's. */
  readonly tagBits: bigint;
}

function frameFields({ field, minor }: Layout): FrameFields {
  if (minor <= 10) {
    const frame = (name: string) => field('PyFrameObject', name);
    return {
      code: frame('f_code'),
      namespace: frame('f_locals'),
      locals: frame('f_localsplus'),
      tagBits: 0n,
    };
  }
  const frame = (name: string) => field('_PyInterpreterFrame', name);
  return {
    code: Math.max(frame('f_executable'), frame('f_code')),
    namespace: frame('f_locals'),
    locals: frame('localsplus'),
    tagBits: minor >= 14 ? 3n : 0n,
  };
}

function codeOf({ memory }: ObjectReader, fields: FrameFields, frame: bigint): bigint | undefined {
  const code = memory.pointer(frame + BigInt(fields.code));
  return code === undefined ? undefined : code & ~fields.tagBits;
}

function namespaceOf(reader: ObjectReader, fields: FrameFields, frame: bigint): readonly Variable[] {
  const namespace = reader.memory.pointer(frame + BigInt(fields.namespace)) ?? 0n;
  const found: Variable[] = [];
  for (const [key, value] of reader.entries(namespace)) {
    const name = reader.text(key);
    if (name === undefined || /^__.*__$/s.test(name)) continue;
    found.push([name, value]);
    if (found.length >= mostNamespaceEntries) break;
  }
  return found;
}

function variables(reader: ObjectReader, layout: Layout, code: bigint, start: bigint): readonly Variable[] {
  const slots = layout.minor <= 10 ? slotsByGroup(reader, layout, code) : slotsByKind(reader, layout, code);
  const found: Variable[] = [];
  for (const [index, { name, boxed }] of slots.entries()) {
    const held = reader.memory.pointer(start + BigInt(index) * 8n) ?? 0n;
    if (name === undefined || isNull(held)) continue;
    const value = boxed ? (reader.cellContents(held & ~3n) ?? 0n) : held;
    if (value !== 0n) found.push([name, value]);
  }
  return found;
}

/** A place in a frame; hidden ones have no name. */
interface Slot {
  readonly name: string | undefined;
  /** A cell holds the value, once there is one. */
  readonly boxed: boolean;
}

/** To 3.10: locals, then cells, then free variables, each with a tuple of names (Include/frameobject.h). */
function slotsByGroup(reader: ObjectReader, { field }: Layout, code: bigint): readonly Slot[] {
  const group = (name: string, boxed: boolean): readonly Slot[] =>
    namesAt(reader, code + BigInt(field('PyCodeObject', name))).map((text) => ({ name: text, boxed }));
  return [...group('co_varnames', false), ...group('co_cellvars', true), ...group('co_freevars', true)];
}

/** 3.11+: one tuple of names, with a byte of CO_FAST_* bits for each (internal/pycore_code.h). */
function slotsByKind(reader: ObjectReader, { field }: Layout, code: bigint): readonly Slot[] {
  const names = namesAt(reader, code + BigInt(field('PyCodeObject', 'co_localsplusnames')));
  const object = reader.memory.pointer(code + BigInt(field('PyCodeObject', 'co_localspluskinds'))) ?? 0n;
  const kinds = readBytes(reader.memory, reader.fields, object, mostVariables)?.start;
  return names.map((name, index) => {
    const kind = kinds?.[index] ?? 0;
    return {
      name: (kind & CO_FAST_HIDDEN) === 0 ? name : undefined,
      boxed: (kind & (CO_FAST_CELL | CO_FAST_FREE)) !== 0,
    };
  });
}

function namesAt(reader: ObjectReader, pointer: bigint): readonly (string | undefined)[] {
  const tuple = reader.memory.pointer(pointer) ?? 0n;
  if (reader.typeName(tuple) !== 'tuple') return [];
  const elements = tupleElements(reader.memory, reader.fields, tuple);
  const names: (string | undefined)[] = [];
  for (const element of elements?.each ?? []) {
    if (names.length >= mostVariables) break;
    names.push(reader.text(element));
  }
  return names;
}

/** A NULL stack reference has only tag bits (PyStackRef_NULL in internal/pycore_stackref.h). */
function isNull(held: bigint): boolean {
  return held <= 2n;
}

/** A stack reference whose tag bits are both set is not an object but the number above them (Py_INT_TAG). */
function valueText(
  reader: ObjectReader,
  { tagBits }: FrameFields,
  held: bigint,
  limits?: Partial<ReprLimits>,
): string {
  if (tagBits !== 0n && (held & tagBits) === tagBits) return (BigInt.asIntN(64, held) >> 2n).toString();
  return new ReprWriter(reader, limits).write(held & ~tagBits);
}
