import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { native } from '../../src/native.js';
import type { Dump, DumpFrame, DumpThread } from '../../src/profile/dump.js';
import { takeDump } from '../../src/session/dump.js';
import { samplerConfig } from '../../src/session/sampler-config.js';
import { readPointer } from '../../src/target/memory.js';
import { frameLocals } from '../../src/target/objects/frame-locals.js';
import { ObjectReader } from '../../src/target/objects/object-reader.js';
import { usualLimits } from '../../src/target/objects/repr-limits.js';
import { threadNames } from '../../src/target/objects/thread-names.js';
import { openTarget, type Target } from '../../src/target/target.js';
import { dumpText } from '../../src/terminal/dump.js';
import { interpreters, label } from '../helpers/interpreters.js';
import { readerOf, recordPages, vandalise } from '../helpers/memory-image.js';
import { type RunningTarget, startTarget } from '../helpers/target.js';

type Expected = Readonly<Record<string, Readonly<Record<string, string>>>>;

for (const interpreter of interpreters()) {
  suite(`a dump of a process of Python ${label(interpreter)}`, () => {
    let running: RunningTarget;
    let target: Target;
    let dump: Dump;
    const endings: (() => Promise<void>)[] = [];

    after(() => Promise.all(endings.map((end) => end())));

    before(async () => {
      const suiteEnd = { after: (end: () => Promise<void>) => void endings.push(end) };
      running = await startTarget(suiteEnd, interpreter, 'locals.py', { pythonArgs: ['-W', 'ignore'] });
      target = await openTarget(running.pid);
      await untilAsleep(target);
      dump = await takeDump(target, { locals: true });
    });

    test("shows the main thread's stack, leaf first, with lines and instructions", () => {
      const frames = mainThread(dump).frames;
      assert.deepEqual(
        frames.slice(0, 4).map(({ function: name }) => bare(name)),
        ['wait', 'Body', 'announce', 'collector'],
      );
      const callers = ['generator', 'closures', 'instances', 'containers', 'texts', 'scalars'];
      assert.deepEqual(
        frames.map(({ function: name }) => bare(name)).filter((name) => callers.includes(name)),
        callers,
      );
      assert.equal(frames.at(-1)?.function, '<module>');
      for (const frame of frames) {
        assert.equal(frame.file, running.file);
        assert.ok(frame.line > 0, frame.function);
        assert.ok(frame.offset >= 0, frame.function);
        assert.match(frame.opcode ?? '', /CALL|BUILD_CLASS|FOR_ITER|SEND|PRECALL/, frame.function);
      }
    });

    test('shows every kind of value as Python itself does', () => {
      const frames = mainThread(dump).frames;
      const expected = JSON.parse(running.output.split('\n')[0] ?? '') as Expected;
      assert.ok(Object.keys(expected).length >= 7);
      for (const [name, values] of Object.entries(expected)) {
        assert.deepEqual(valuesIn(frames, name, Object.keys(values)), values, name);
      }
    });

    test('leaves out what has no value', () => {
      const closures = frameOf(mainThread(dump).frames, 'closures').locals?.map(({ name }) => name) ?? [];
      assert.ok(closures.includes('captured') && closures.includes('empty_cell'));
      assert.ok(!closures.includes('unbound') && !closures.includes('squares'));
    });

    test('shows the names of a module and of a class body without those of Python', () => {
      const frames = mainThread(dump).frames;
      assert.deepEqual(frameOf(frames, 'Body').locals, [{ name: 'here', value: "'in a class body'" }]);
      const module = frames.at(-1)?.locals ?? [];
      assert.deepEqual(
        module.find(({ name }) => name === 'module_level'),
        { name: 'module_level', value: "'in the module'" },
      );
      assert.ok(module.every(({ name }) => !name.startsWith('__')));
    });

    test('names the threads as Python does', () => {
      const names = dump.threads.map(({ name }) => name);
      for (const name of ['MainThread', 'worker', 'caf\xe9 \u4e2d', 'bad\x1b[31m']) {
        assert.equal(names.filter((other) => other === name).length, 1, name);
      }
      assert.equal(dump.threads.length, 5);
      assert.deepEqual(
        new Set(threadNames(target).keys()),
        new Set(
          dump.threads.filter(({ name }) => !name.startsWith('python')).map(({ ident }) => BigInt(ident)),
        ),
      );
    });

    test('tells which threads sleep, and their ids', () => {
      assert.equal(mainThread(dump).tid, running.pid);
      const known = new Set(target.threadIds().values());
      for (const { tid, state, gil, readable } of dump.threads) {
        assert.ok(known.has(tid), String(tid));
        assert.deepEqual({ state, gil, readable }, { state: 'idle', gil: false, readable: true });
      }
    });

    test('is the same after a way through JSON, and becomes text without control characters', () => {
      assert.deepEqual(JSON.parse(JSON.stringify(dump)), dump);
      const text = dumpText(dump, { colour: false });
      assert.match(text, /^Process \d+: .*locals\.py\nPython v3\./);
      assert.match(text, /^Thread \d+ \(idle\): "MainThread"$/m);
      assert.match(text, /^ {8}here: 'in a class body'$/m);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    });

    test('has locals only when they are asked for, within the limits that are asked for', async () => {
      const plain = await takeDump(target);
      assert.ok(plain.threads.every(({ frames }) => frames.every((frame) => !('locals' in frame))));
      const short = await takeDump(target, { locals: { items: 2, text: 3, depth: 1, attributes: false } });
      const of = (name: string, local: string) => valuesIn(mainThread(short).frames, name, [local])[local];
      assert.equal(of('containers', 'numbers'), '[1, 2, ... 1 more]');
      assert.equal(of('containers', 'nested'), '(1, (...))');
      assert.equal(of('texts', 'long_text'), "'xxx'...");
      assert.match(of('instances', 'plain') ?? '', /^<__main__\.Plain object at 0x[0-9a-f]+>$/);
      const { crowd } = valuesIn(mainThread(dump).frames, 'containers', ['crowd']);
      assert.match(
        crowd ?? '',
        /^\[\[<built-in function len>, (<built-in function len>, )+.*\.\.\. \d+ more\]$/,
      );
      assert.ok((crowd?.length ?? 0) < usualLimits.total + 100, crowd);
    });

    test('does not show the locals of a frame that has gone on to other code', async () => {
      const reader = new ObjectReader(target);
      const [frame] = await framesOf(target);
      assert.ok(frame !== undefined);
      assert.notEqual(frameLocals(reader, target.layout, frame.address, frame.code), undefined);
      assert.equal(frameLocals(reader, target.layout, frame.address, frame.code + 8n), undefined);
    });

    test('comes to an end, within its limits, whatever the memory holds', async () => {
      const { image, read } = recordPages(target.read);
      const frames = await framesOf(target);
      const locals = (memory: Target['read']) => {
        const reader = new ObjectReader({ read: memory, layout: target.layout });
        return frames.map(({ address, code }) => frameLocals(reader, target.layout, address, code));
      };
      const intact = locals(read);
      assert.ok(intact.length > 20 && intact.every((some) => some !== undefined));
      threadNames({ ...target, read });
      assert.deepEqual(locals(readerOf(image)), intact);
      for (let seed = 1; seed <= 100; seed++) {
        const damaged = readerOf(vandalise(image, seed));
        for (const { name, value } of locals(damaged).flatMap((some) => some ?? [])) {
          assert.ok(name.length <= 512, `seed ${seed}: a name of ${name.length} characters`);
          assert.ok(
            value.length <= usualLimits.total + 4096,
            `seed ${seed}: ${name} has ${value.length} characters`,
          );
        }
        for (const name of threadNames({ ...target, read: damaged }).values()) {
          assert.ok(name.length <= 512, `seed ${seed}`);
        }
      }
    });
  });

  test(`dumps of a program of Python ${label(interpreter)} that is at work can be taken again and again`, async (t) => {
    const running = await startTarget(t, interpreter, 'chains.py');
    const target = await openTarget(running.pid);
    const dumps: Dump[] = [];
    for (let count = 0; count < 30; count++) dumps.push(await takeDump(target, { locals: true }));
    const main = dumps.map(mainThread).filter(({ readable }) => readable);
    assert.ok(main.length > 0);
    for (const { frames } of main) assert.equal(frames.at(-1)?.function, '<module>');
    assert.ok(main.some(({ state, gil }) => state === 'active' && gil));
  });

  test(`a dump of a deep stack of Python ${label(interpreter)} has all of it`, async (t) => {
    const running = await startTarget(t, interpreter, 'recursion.py');
    const { frames, readable } = mainThread(await takeDump(await openTarget(running.pid), { locals: true }));
    assert.ok(readable);
    const descents = frames.filter(({ function: name }) => name === 'descend');
    assert.deepEqual(
      descents.map(({ locals }) => locals?.[0]?.value),
      Array.from({ length: 900 }, (_, index) => String(index + 1)),
    );
    assert.equal(frames.at(-1)?.function, '<module>');
  });
}

/** The program says that it is ready just before its main thread goes to sleep, for good. */
async function untilAsleep(target: Target): Promise<void> {
  for (;;) {
    const { threads } = await takeDump(target);
    if (threads.every(({ state, frames }) => state === 'idle' && frames[0]?.function === 'wait')) return;
    await sleep(10);
  }
}

const bare = (name: string) => name.slice(name.lastIndexOf('.') + 1);

function mainThread({ threads }: Dump): DumpThread {
  const main = threads.find(({ name }) => name === 'MainThread');
  assert.ok(main !== undefined, 'no MainThread');
  return main;
}

function frameOf(frames: readonly DumpFrame[], name: string): DumpFrame {
  const frame = frames.find((other) => bare(other.function) === name);
  assert.ok(frame !== undefined, `no frame of ${name}`);
  return frame;
}

/** The texts of some locals of a function. */
function valuesIn(
  frames: readonly DumpFrame[],
  name: string,
  wanted: readonly string[],
): Record<string, string | undefined> {
  const locals = new Map(frameOf(frames, name).locals?.map((local) => [local.name, local.value]));
  return Object.fromEntries(wanted.map((local) => [local, locals.get(local)]));
}

/** Addresses of the frames of the target's deepest stack, root first, and of the code objects they run. */
async function framesOf(target: Target): Promise<readonly { address: bigint; code: bigint }[]> {
  const { threads } = await takeDump(target);
  const deepest = threads.reduce((most, { frames }) => Math.max(most, frames.length), 0);
  const sampler = new (native().Sampler)(samplerConfig(target, { rate: 1000 }));
  const { field, minor } = target.layout;
  const codeAt =
    minor <= 10
      ? field('PyFrameObject', 'f_code')
      : Math.max(field('_PyInterpreterFrame', 'f_executable'), field('_PyInterpreterFrame', 'f_code'));
  for (;;) {
    sampler.sampleOnce();
    // A reader of chains of frames needs a few instants to know a chain.
    const frames = sampler.lastFrames().find((thread) => thread.frames.length === deepest)?.frames;
    if (frames === undefined) continue;
    return frames.map((address) => ({
      address,
      code: (readPointer(target.read, address + BigInt(codeAt)) ?? 0n) & ~3n,
    }));
  }
}
