import { ProfileBuilder } from '../../src/profile/builder.js';
import { type Profile, SampleFlag, type WaitKind, waitKinds, waitShift } from '../../src/profile/profile.js';
import { opcodeTable } from '../../src/python/opcodes.js';
import { MILLISECOND, sampleMeta } from './profiles.js';

/** Columns of the source are 0-based bytes; line 0 is of an instruction that has none. */
type Row = readonly [
  name: string,
  arg: number,
  caches: number,
  line: number,
  column: number,
  endColumn: number,
];

const table = opcodeTable({ major: 3, minor: 13 });

/** The source of `summed`, with a line that is not ASCII, so that bytes and characters differ. */
export const reportSource = [
  'def summed(values):',
  '    total = 1',
  '    for value in values:',
  "        total = len('ü') * total + value",
  '    return total',
  '',
  ...Array.from({ length: 40 }, (_, index) => `# ${index}`),
  'summed(range(10))',
].join('\n');

const rows: readonly Row[] = [
  ['MAKE_CELL', 2, 0, 0, 0, 0],
  ['RESUME_CHECK', 0, 0, 1, 0, 0],
  ['LOAD_CONST', 1, 0, 2, 12, 13],
  ['STORE_FAST', 1, 0, 2, 4, 9],
  ['LOAD_FAST', 0, 0, 3, 17, 23],
  ['GET_ITER', 0, 0, 3, 17, 23],
  ['FOR_ITER_LIST', 20, 1, 3, 17, 23],
  ['STORE_FAST', 2, 0, 3, 8, 13],
  ['LOAD_GLOBAL_BUILTIN', 1, 4, 4, 16, 19],
  ['LOAD_CONST', 2, 0, 4, 20, 24],
  ['CALL_LEN', 1, 3, 4, 16, 25],
  ['LOAD_FAST', 1, 0, 4, 28, 33],
  ['BINARY_OP_MULTIPLY_INT', 5, 1, 4, 16, 33],
  ['LOAD_FAST', 2, 0, 4, 36, 41],
  ['BINARY_OP', 0, 1, 4, 16, 41],
  ['STORE_FAST', 1, 0, 4, 8, 13],
  ['JUMP_BACKWARD', 22, 1, 4, 8, 13],
  ['LOAD_FAST', 1, 0, 5, 11, 16],
  ['RETURN_VALUE', 0, 0, 5, 4, 16],
];

/**
 * A program on 3.13 as the kernel reader sees it: two threads, one of which waits for the GIL and sleeps; a file with
 * its source and one without; an instruction without a line.
 */
export function reportProfile(): Profile {
  const builder = new ProfileBuilder({ version: { major: 3, minor: 13 } });
  const main = builder.addThread({ tid: 4242, ident: '1', name: 'MainThread', interpreter: 0 });
  const worker = builder.addThread({ tid: 4243, ident: '2', name: 'worker', interpreter: 0 });
  const summed = addCode(builder, 'summed', '/srv/app/app.py', 1, rows);
  const module = addCode(builder, '<module>', '/srv/app/app.py', 1, [['RESUME', 0, 0, 47, 0, 17]]);
  const hidden = addCode(builder, 'hidden', '/srv/lib/gone.py', 7, [
    ['LOAD_ATTR', 0, 9, 8, -1, -1],
    ['RETURN_VALUE', 0, 0, 9, -1, -1],
  ]);
  builder.addCodeNames({
    code: summed,
    names: ['len'],
    constants: ['None', '1', "'ü'"],
    variables: ['values', 'total', 'value'],
    cells: [],
  });
  builder.addSource('/srv/app/app.py', reportSource, false);
  const root = builder.addStack(-1, builder.addFrame(module, 0));
  const at = (name: string) => builder.addStack(root, builder.addFrame(summed, offsetOf(rows, name)));
  const gone = builder.addStack(root, builder.addFrame(hidden, 0));
  let time = 0;
  const sample = (thread: number, stack: number, name: string, length: number, flags: number) => {
    const base = table.baseName(table.opcodeByName(name) ?? 0);
    const opcode = builder.addOpcode(name, base);
    builder.addSample(thread, stack, opcode, flags, time, length * MILLISECOND, length);
    time += length * MILLISECOND;
  };
  const running = SampleFlag.Active | SampleFlag.Gil;
  const waiting = (kind: WaitKind) => waitKinds.indexOf(kind) << waitShift;
  sample(main, at('BINARY_OP'), 'BINARY_OP', 400, running);
  sample(main, at('BINARY_OP_MULTIPLY_INT'), 'BINARY_OP_MULTIPLY_INT', 200, running);
  sample(main, at('MAKE_CELL'), 'MAKE_CELL', 100, running);
  sample(worker, at('CALL_LEN'), 'CALL_LEN', 200, running);
  sample(worker, gone, 'LOAD_ATTR', 100, SampleFlag.Active);
  sample(worker, gone, 'LOAD_ATTR', 300, waiting('GIL'));
  sample(worker, gone, 'LOAD_ATTR', 500, waiting('sleep'));
  sample(worker, gone, 'LOAD_ATTR', 200, 0);
  return builder.build({
    ...sampleMeta,
    target: { ...sampleMeta.target, python: '3.13.5', command: ['python3', 'app.py', '</script><b>'] },
    reader: 'kernel',
    leastWait: MILLISECOND,
  });
}

function addCode(
  builder: ProfileBuilder,
  name: string,
  filename: string,
  firstLine: number,
  instructions: readonly Row[],
): number {
  const bytecode = Uint8Array.from(
    instructions.flatMap(([opcode, arg, caches]) => [
      table.opcodeByName(opcode) ?? 0,
      arg,
      ...new Array<number>(caches * 2).fill(0),
    ]),
  );
  const lineTable = Uint8Array.from(locations(instructions, firstLine));
  return builder.addCode({ name, qualname: name, filename, firstLine, bytecode, lineTable });
}

function offsetOf(instructions: readonly Row[], name: string): number {
  const index = instructions.findIndex(([opcode]) => opcode === name);
  return instructions.slice(0, index).reduce((sum, [, , caches]) => sum + 2 + 2 * caches, 0);
}

/** Objects/locations.md: entries of the long form, or of the one without a location. */
function locations(instructions: readonly Row[], firstLine: number): number[] {
  let before = firstLine;
  return instructions.flatMap(([, , caches, line, column, endColumn]) => {
    const entries: number[] = [];
    for (let units = caches + 1; units > 0; units -= 8) {
      const least = Math.min(units, 8) - 1;
      const delta = line - before;
      if (line === 0) entries.push(0x80 | (15 << 3) | least);
      else {
        before = line;
        const way = delta < 0 ? (-delta << 1) | 1 : delta << 1;
        entries.push(
          0x80 | (14 << 3) | least,
          ...varint(way),
          0,
          ...varint(column + 1),
          ...varint(endColumn + 1),
        );
      }
    }
    return entries;
  });
}

function varint(value: number): number[] {
  return value < 64 ? [value] : [0x40 | (value & 63), ...varint(value >> 6)];
}

/** As many distinct stacks, each up to 30 deep, from a source of random numbers with a seed. */
export function manyStacks(stacks: number): Profile {
  const builder = new ProfileBuilder({ version: { major: 3, minor: 13 } });
  builder.addThread({ tid: 1, ident: '1', name: 'MainThread', interpreter: 0 });
  const code: Row[] = [
    ['LOAD_FAST', 0, 0, 1, 0, 1],
    ['BINARY_OP', 0, 1, 2, 0, 1],
    ['RETURN_VALUE', 0, 0, 3, 0, 1],
  ];
  const codes = Array.from({ length: 2000 }, (_, index) =>
    addCode(builder, `function_${index}`, `/srv/many/module_${index % 100}.py`, 1, code),
  );
  const opcodes = code.map(([name]) => builder.addOpcode(name, name));
  let state = 1;
  const random = (bound: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  const known: number[] = [];
  for (let index = 0; known.length < stacks; index++) {
    let stack = known.length > 100 && random(4) > 0 ? (known[random(known.length)] as number) : -1;
    for (let depth = random(12); depth >= 0; depth--) {
      const callee = codes[random(codes.length)] as number;
      stack = builder.addStack(stack, builder.addFrame(callee, [0, 2, 6][random(3)] as number));
    }
    known.push(stack);
    builder.addSample(
      0,
      stack,
      opcodes[random(3)] as number,
      SampleFlag.Active | SampleFlag.Gil,
      index * MILLISECOND,
      MILLISECOND,
      1,
    );
  }
  return builder.build({
    ...sampleMeta,
    duration: stacks * MILLISECOND,
    target: { ...sampleMeta.target, python: '3.13.5' },
  });
}
