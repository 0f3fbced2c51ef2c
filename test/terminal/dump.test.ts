import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dump, DumpThread } from '../../src/profile/dump.js';
import { dumpText } from '../../src/terminal/dump.js';

const thread: DumpThread = {
  tid: 12,
  ident: '140000000000000',
  name: 'MainThread',
  interpreter: 0,
  state: 'active',
  gil: true,
  readable: true,
  frames: [
    {
      function: 'Work.step',
      file: '/app/work.py',
      line: 7,
      offset: 24,
      opcode: 'CALL_PY_EXACT_ARGS',
      locals: [
        { name: 'self', value: '<work.Work object at 0x7f00>' },
        { name: 'x', value: '1' },
      ],
    },
    { function: '<module>', file: '/app/work.py', line: 0, offset: -1 },
  ],
};

const dump: Dump = {
  target: {
    pid: 123,
    python: '3.14.10',
    freeThreaded: false,
    executable: '/usr/bin/python3.14',
    command: ['python', 'app.py'],
  },
  threads: [thread],
};

const plain = { colour: false };

test('a dump reads as users of py-spy know it, with the instruction and the locals of each frame', () => {
  assert.equal(
    dumpText(dump, plain),
    `Process 123: python app.py
Python v3.14.10 (/usr/bin/python3.14)

Thread 12 (active+gil): "MainThread"
    Work.step (/app/work.py:7)  CALL_PY_EXACT_ARGS @ 24
        self: <work.Work object at 0x7f00>
        x: 1
    <module> (/app/work.py)
`,
  );
});

test('a thread that waits for the GIL says so', () => {
  const waiting = { ...dump, threads: [{ ...thread, state: 'waiting for the GIL' as const, gil: false }] };
  assert.match(dumpText(waiting, plain), /^Thread 12 \(waiting for the GIL\): "MainThread"$/m);
});

test('a thread says when its id, its name or its stack is not known, and which interpreter is its own', () => {
  const unknown: DumpThread = {
    ...thread,
    tid: 0,
    ident: '255',
    name: '',
    interpreter: 2,
    state: 'idle',
    gil: false,
    frames: [],
  };
  const text = dumpText({ ...dump, threads: [{ ...unknown, readable: false }, unknown] }, plain);
  assert.deepEqual(text.split('\n').slice(3), [
    'Thread 0xff (idle, interpreter 2)',
    '    (its stack could not be read)',
    '',
    'Thread 0xff (idle, interpreter 2)',
    '    (runs no Python code)',
    '',
  ]);
});

test("control characters of the target's texts do not reach the terminal", () => {
  const nasty = 'a\u001b[31m\n\u202e';
  const frame = { function: nasty, file: nasty, line: 1, offset: 0, locals: [{ name: nasty, value: nasty }] };
  const text = dumpText(
    {
      target: { ...dump.target, python: nasty, executable: nasty, command: [nasty] },
      threads: [{ ...thread, name: nasty, frames: [frame] }],
    },
    plain,
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  assert.doesNotMatch(text, /[\u001b\u202e]/);
  assert.equal(text.split('\n').length, 7);
});
