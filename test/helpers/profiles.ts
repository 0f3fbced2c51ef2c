import { ProfileBuilder } from '../../src/profile/builder.js';
import {
  type Profile,
  type ProfileMeta,
  SampleFlag,
  type WaitKind,
  waitKinds,
  waitShift,
} from '../../src/profile/profile.js';

export const MILLISECOND = 1e6;

export const sampleMeta: ProfileMeta = {
  heavyops: '0.0.0',
  target: {
    pid: 4242,
    python: '3.10.13',
    freeThreaded: false,
    executable: '/usr/bin/python3.10',
    command: ['python3', 'app.py', '--workers=2'],
  },
  startedAt: 1_780_000_000_000,
  duration: 2e9,
  rate: 1000,
  reader: 'memory',
  counters: {
    ticks: 1990,
    samples: 26,
    late: 3,
    missed: 10,
    unreadable: 2,
    repaired: 1,
    undecided: 1,
    truncated: 0,
    lost: 0,
  },
  ended: 'duration',
};

const RUNNING = SampleFlag.Active | SampleFlag.Gil;

/**
 * A small profile with two threads: `<module>` (line 20) calls `work` (first line 3), which is seen on lines 4
 * and 5 and calls `tidy; 整理` (line 9); the second thread sleeps, and could not be read twice.
 */
export function smallProfile(): Profile {
  const { builder, threads, stacks, opcodes } = smallTables();
  const { main, worker } = threads;
  const { first, second, leaf } = stacks;
  const { add, load, call } = opcodes;
  const sample = (
    thread: number,
    stack: number,
    opcode: number,
    flags: number,
    time: number,
    count: number,
  ) => builder.addSample(thread, stack, opcode, flags, time * MILLISECOND, count * MILLISECOND, count);
  sample(main, first, add, RUNNING, 0, 10);
  sample(main, second, load, RUNNING, 10, 5);
  sample(main, leaf, call, RUNNING | SampleFlag.Jit, 15, 3);
  sample(worker, leaf, call, 0, 15, 4);
  sample(main, first, add, RUNNING, 18, 2);
  sample(worker, -1, -1, 0, 19, 2);
  sample(worker, first, -1, SampleFlag.Active, 21, 1);
  return builder.build(sampleMeta);
}

/**
 * The same program as the kernel sees it, with waits of a millisecond and more: of the first thread a lock and a processor,
 * of the second I/O, the GIL and a sleep that is over within a tick, one that cannot be read and one of unknown kind.
 */
export function waitingProfile(): Profile {
  const { builder, threads, stacks, opcodes } = smallTables();
  const { main, worker } = threads;
  const { first, second, leaf } = stacks;
  let time = 0;
  const sample = (thread: number, stack: number, flags: number, length: number, count: number) => {
    builder.addSample(thread, stack, opcodes.call, flags, time, length * MILLISECOND, count);
    time += length * MILLISECOND;
  };
  const flagsOf = (kind: WaitKind) => waitKinds.indexOf(kind) << waitShift;
  sample(main, first, RUNNING, 10, 10);
  sample(main, second, flagsOf('lock'), 25, 25);
  sample(main, second, flagsOf('processor') | SampleFlag.Gil, 2, 2);
  sample(worker, leaf, flagsOf('I/O'), 40, 40);
  sample(worker, leaf, flagsOf('none'), 0.25, 0);
  sample(worker, leaf, flagsOf('sleep'), 1.25, 0);
  sample(worker, second, flagsOf('GIL'), 3.5, 3);
  sample(worker, -1, flagsOf('unknown'), 2, 2);
  sample(worker, first, flagsOf('unknown'), 1.5, 1);
  builder.addWait(second, flagsOf('lock'), 17 * MILLISECOND);
  builder.addWait(second, flagsOf('lock') | SampleFlag.Active, 8 * MILLISECOND);
  builder.addWait(second, flagsOf('processor') | SampleFlag.Gil, 2 * MILLISECOND);
  for (let i = 0; i < 1234; i++) builder.addWait(leaf, flagsOf('I/O'), (i % 100) * 1000);
  return builder.build({ ...sampleMeta, reader: 'kernel', leastWait: MILLISECOND });
}

/**
 * The same program as the memory reader sees it: the first thread runs for 6 ms and waits for the GIL for 2, the second waits
 * for the GIL for 5 ms and sleeps for 3.
 */
export function contendedProfile(): Profile {
  const { builder, threads, stacks, opcodes } = smallTables();
  const { main, worker } = threads;
  const { first, second, leaf } = stacks;
  const waiting = waitKinds.indexOf('GIL') << waitShift;
  const sample = (thread: number, stack: number, flags: number, from: number, count: number) =>
    builder.addSample(thread, stack, opcodes.call, flags, from * MILLISECOND, count * MILLISECOND, count);
  sample(main, first, RUNNING, 0, 6);
  sample(main, first, waiting, 6, 2);
  sample(worker, second, waiting, 0, 5);
  sample(worker, leaf, 0, 5, 3);
  return builder.build({ ...sampleMeta, duration: 8 * MILLISECOND, gilWaits: 'told' });
}

/** Whatever these are made of. */
function smallTables() {
  const builder = new ProfileBuilder({ version: { major: 3, minor: 10 } });
  const main = builder.addThread({ tid: 4242, ident: '140001', name: 'MainThread', interpreter: 0 });
  const worker = builder.addThread({ tid: 4243, ident: '140002', name: 'pool <1>', interpreter: 0 });
  const add = builder.addOpcode('BINARY_ADD', 'BINARY_ADD');
  const load = builder.addOpcode('LOAD_ATTR_SLOT', 'LOAD_ATTR');
  const call = builder.addOpcode('CALL_FUNCTION', 'CALL_FUNCTION');
  const file = '/srv/app/app.py';
  const root = builder.addStack(-1, builder.addFrame(addCode(builder, '<module>', file, 20), 0));
  const work = addCode(builder, 'work', file, 3);
  const first = builder.addStack(root, builder.addFrame(work, 2));
  const second = builder.addStack(root, builder.addFrame(work, 4));
  const tidy = addCode(builder, 'tidy; 整理', '/srv/lib/整理/tidy\u001b[31m&.py', 9);
  const leaf = builder.addStack(second, builder.addFrame(tidy, 0));
  return {
    builder,
    threads: { main, worker },
    stacks: { first, second, leaf },
    opcodes: { add, load, call },
  };
}

/** A function of ten instructions (3.10: 2 bytes each), each on the line after the one before. */
function addCode(builder: ProfileBuilder, name: string, filename: string, firstLine: number): number {
  const lineTable = Uint8Array.from(
    Array.from({ length: 10 }, (_, index) => [2, index === 0 ? 0 : 1]).flat(),
  );
  const bytecode = new Uint8Array(20).fill(9);
  return builder.addCode({ name, qualname: name, filename, firstLine, bytecode, lineTable });
}

/** One function that calls itself `depth` deep, sampled once a millisecond at its leaf. */
export function deepProfile(depth: number): Profile {
  const builder = new ProfileBuilder({ version: { major: 3, minor: 10 } });
  const frame = builder.addFrame(addCode(builder, 'down', '/srv/deep.py', 1), 2);
  let stack = -1;
  for (let level = 0; level < depth; level++) {
    stack = builder.addStack(stack, frame);
  }
  builder.addThread({ tid: 1, ident: '1', name: 'MainThread', interpreter: 0 });
  builder.addSample(0, stack, -1, RUNNING, 0, MILLISECOND, 1);
  return builder.build(sampleMeta);
}

/** `functions` leaves under one root, of falling weight. */
export function wideProfile(functions: number): Profile {
  const builder = new ProfileBuilder({ version: { major: 3, minor: 10 } });
  const root = builder.addStack(-1, builder.addFrame(addCode(builder, 'root', '/srv/wide.py', 1), 0));
  builder.addThread({ tid: 1, ident: '1', name: 'MainThread', interpreter: 0 });
  for (let index = 0; index < functions; index++) {
    const leaf = builder.addFrame(addCode(builder, `leaf${index}`, '/srv/wide.py', 10 + index), 0);
    builder.addSample(0, builder.addStack(root, leaf), -1, RUNNING, index, 1000 + functions - index, 1);
  }
  return builder.build(sampleMeta);
}
