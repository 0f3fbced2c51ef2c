import assert from 'node:assert/strict';
import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { childrenOf } from '../../src/target/children.js';
import { memoryOf, readPointer } from '../../src/target/memory.js';
import { processStat } from '../../src/target/process.js';
import { openTarget, type Target } from '../../src/target/target.js';
import { until } from '../helpers/heavyops.js';
import { type Interpreter, interpreters, label } from '../helpers/interpreters.js';
import { startTarget } from '../helpers/target.js';
import { copyWithoutNames, copyWithoutSections, idleProgram, scratch, start } from '../target/processes.js';

const all = interpreters();
const isRoot = process.getuid?.() === 0;

/** Thread states of all interpreters: the owner and the ident of each, newest first. */
function threadStates({ read, layout, interpretersHead }: Target) {
  const states: { interpreter: bigint; state: bigint; ident: bigint | undefined }[] = [];
  const next = (address: bigint | undefined, offset: number) =>
    address && readPointer(read, address + BigInt(offset));
  let interpreter = readPointer(read, interpretersHead);
  for (; interpreter; interpreter = next(interpreter, layout.interpreter.next)) {
    let state = next(interpreter, layout.interpreter.threadsHead);
    for (; state; state = next(state, layout.thread.next)) {
      states.push({ interpreter, state, ident: next(state, layout.thread.threadId) });
    }
  }
  return states;
}

/** What a target must be, however it was found. */
function assertFound(target: Target, interpreter: Interpreter, pid: number): void {
  assert.equal(target.pid, pid);
  assert.equal(target.version.text, interpreter.version);
  assert.equal(target.freeThreaded, interpreter.freeThreaded);
  assert.equal(target.isAlive(), 'same');
  assert.ok(threadStates(target).length > 0);
  assert.equal(target.gilHolder !== 0n, interpreter.minor <= 11, 'the holder of the GIL is known to 3.11');
}

/** Four busy threads take turns: the holder is one of the threads, or nobody for a moment. */
function assertHolders({ read, gilHolder }: Target, threads: ReadonlySet<bigint>): void {
  const seen = new Set<bigint>();
  for (const until = Date.now() + 20_000; Date.now() < until && seen.size < 2; ) {
    const holder = readPointer(read, gilHolder);
    assert.ok(holder === 0n || threads.has(holder ?? 1n));
    if (holder !== 0n && holder !== undefined) {
      seen.add(holder);
    }
  }
  assert.equal(seen.size, 2);
}

for (const interpreter of all) {
  const name = label(interpreter);

  test(`Python ${name} is found, with all of its threads and who holds the GIL`, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'threads.py');
    const target = await openTarget(pid);
    assertFound(target, interpreter, pid);
    assert.equal(
      target.executable,
      interpreter.root === '/' ? realpathSync(interpreter.executable) : interpreter.executable,
    );
    assert.equal(basename(target.module).startsWith('libpython'), interpreter.sharedLibrary);
    assert.ok(target.commandLine.at(-1)?.endsWith('threads.py'));
    const states = threadStates(target);
    assert.equal(states.length, 51);
    assert.equal(new Set(states.map(({ ident }) => ident)).size, 51);
    assert.deepEqual([...target.threadIds().keys()].sort(), [...target.threadIds().values()].sort());
    assert.equal(target.threadIds().size, 51);
    if (interpreter.minor <= 11) {
      assertHolders(target, new Set(states.map(({ state }) => state)));
    }
  });

  test(`Python ${name} is found while it starts`, async (t) => {
    for (let round = 0; round < 5; round++) {
      const started = start(t, [...interpreter.command, ...idleProgram()]);
      assertFound(await openTarget(started.pid), interpreter, started.pid);
      await started.end();
    }
  });

  test(`Python ${name} is found from a copy without sections, which is then replaced`, async (t) => {
    const copy = await startCopy(t, interpreter, copyWithoutSections);
    assertFound(await openTarget(copy.pid), interpreter, copy.pid);
    rmSync(copy.file);
    writeFileSync(copy.file, 'another file');
    const target = await openTarget(copy.pid);
    assertFound(target, interpreter, copy.pid);
    assert.equal(basename(target.module), basename(copy.file));
  });
}

for (const interpreter of all.filter(({ sharedLibrary }) => !sharedLibrary)) {
  test(`Python ${label(interpreter)} is found without sections and names of symbols`, async (t) => {
    const copy = await startCopy(t, interpreter, copyWithoutNames);
    assertFound(await openTarget(copy.pid), interpreter, copy.pid);
  });
}

for (const interpreter of all) {
  test(`sub-interpreters of Python ${label(interpreter)} are in the list`, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'subinterpreters.py').catch((error: Error) => {
      assert.match(error.message, /unsupported/);
      return { pid: 0 };
    });
    if (pid === 0) {
      t.skip('this interpreter has no module that makes sub-interpreters');
      return;
    }
    const target = await openTarget(pid);
    assertFound(target, interpreter, pid);
    assert.equal(new Set(threadStates(target).map((thread) => thread.interpreter)).size, 2);
  });
}

test('another program that the process becomes is noticed, even if it is the same again', async (t) => {
  const interpreter = oneOf(all);
  const again = `import os\nif len(sys.argv) < 2: os.write(1, b'ready\\n'); sys.stdin.readline(); os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(600)'])`;
  const started = start(t, ['setarch', '-R', ...interpreter.command, ...idleProgram(again)]);
  await started.line;
  const target = await openTarget(started.pid);
  assert.equal(target.isAlive(), 'same');
  started.write('\n');
  assert.equal(await changed(target), 'exec');
  assert.equal((await openTarget(started.pid)).isAlive(), 'same');
});

test('a process that has ended is noticed, and one that has its number is not it', async (t) => {
  const started = start(t, [...oneOf(all).command, ...idleProgram()]);
  await started.line;
  const target = await openTarget(started.pid);
  await started.end();
  assert.equal(target.isAlive(), 'ended');
  const reused = await reuse(t, started.pid);
  if (reused === undefined) {
    t.diagnostic('no other process could be given the number: the second half was not tried');
    return;
  }
  assert.equal(target.isAlive(), 'ended');
});

test('a process that will become Python is waited for', async (t) => {
  const { command } = oneOf(all);
  const started = start(t, ['sh', '-c', 'sleep 0.3; exec "$@"', 'sh', ...command, ...idleProgram()]);
  const target = await openTarget(started.pid);
  assertFound(target, oneOf(all), started.pid);
});

test('the id of a thread stands for its process', async (t) => {
  const { pid } = await startTarget(t, oneOf(all), 'threads.py');
  const thread = [...(await openTarget(pid)).threadIds().values()].find((id) => id !== pid);
  assert.equal((await openTarget(thread ?? 0)).pid, pid);
});

test('threads in another pid namespace are known by both of their ids', {
  skip: isRoot ? false : 'only root can make a pid namespace',
}, async (t) => {
  const interpreter = oneOf(all.filter(({ minor }) => minor >= 11));
  const announcing =
    'import os, threading\nsys.stdout.write("%d %d " % (os.getpid(), threading.get_native_id()))';
  const started = start(t, [
    'unshare',
    '--pid',
    '--fork',
    '--kill-child',
    ...interpreter.command,
    ...idleProgram(announcing),
  ]);
  assert.equal(await started.line, '1 1 ready');
  const [pid = 0] = childrenOf(started.pid);
  const target = await openTarget(pid);
  assertFound(target, interpreter, pid);
  assert.deepEqual([...target.threadIds()], [[1, pid]]);
});

test('files are found in the mount namespace of the target', {
  skip: isRoot ? false : 'only root can make a mount namespace',
}, async (t) => {
  // 3.6 is the one that cannot be read without its file: interp_head is a local symbol.
  const interpreter = oneOf(all.filter(({ root, sharedLibrary }) => root === '/' && sharedLibrary));
  const { module } = await probe(t, interpreter);
  const hidden = scratch(t);
  const steps = `mount -t tmpfs none ${hidden} && cp ${module} ${hidden}/ && export LD_LIBRARY_PATH=${hidden} && exec "$@"`;
  const started = start(t, [
    'unshare',
    '--mount',
    'sh',
    '-c',
    steps,
    'sh',
    ...interpreter.command,
    ...idleProgram(),
  ]);
  assert.equal(await started.line, 'ready');
  const target = await openTarget(started.pid);
  assertFound(target, interpreter, started.pid);
  assert.equal(target.module, join(hidden, basename(module)));
});

test('nothing is read from an address that is not there, and nothing at all from an absurd one', () => {
  const read = memoryOf(process.pid);
  assert.equal(read(0x10n, 8), undefined);
  assert.equal(read(-8n, 8), undefined);
  assert.equal(read(1n << 60n, 8), undefined);
  assert.equal(read(0x1000n, 2 ** 40), undefined);
});

function oneOf(candidates: readonly Interpreter[]): Interpreter {
  const [first] = candidates.filter(({ root }) => root === '/');
  assert.ok(first !== undefined, 'the machine has an interpreter of that kind');
  return first;
}

async function probe(t: TestContext, interpreter: Interpreter): Promise<Target> {
  const started = start(t, [...interpreter.command, ...idleProgram()]);
  await started.line;
  const target = await openTarget(started.pid);
  await started.end();
  return target;
}

/** Starts an interpreter from a changed copy of the file that it is in. */
async function startCopy(t: TestContext, interpreter: Interpreter, copy: (from: string, to: string) => void) {
  const { module } = await probe(t, interpreter);
  const directory = scratch(t, interpreter.root);
  const file = join(directory, basename(module));
  copy(join(interpreter.root, module), file);
  const inside = interpreter.root === '/' ? file : file.slice(interpreter.root.length);
  const command = interpreter.sharedLibrary
    ? interpreter.command
    : [...interpreter.command.slice(0, -1), inside];
  const home = interpreter.sharedLibrary ? {} : { PYTHONHOME: dirname(dirname(interpreter.executable)) };
  const started = start(t, [...command, ...idleProgram()], { ...home, LD_LIBRARY_PATH: dirname(inside) });
  assert.equal(await started.line, 'ready');
  assert.ok(
    readFileSync(`/proc/${started.pid}/maps`, 'utf8').includes(basename(directory)),
    'it runs from the copy',
  );
  return { pid: started.pid, file };
}

async function changed(target: Target): Promise<string> {
  let state = target.isAlive();
  for (const until = Date.now() + 20_000; state === 'same' && Date.now() < until; state = target.isAlive()) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return state;
}

/** A new process with the number of one that has ended, where the kernel lets us choose and nobody is quicker. */
async function reuse(t: TestContext, pid: number): Promise<number | undefined> {
  if (!isRoot) {
    return undefined;
  }
  // The shell's child is ended with it once it has asked for that, which it has when it sleeps.
  const sleeping = 'setpriv --pdeathsig KILL sleep 600 > /dev/null';
  const steps = `echo ${pid - 1} > /proc/sys/kernel/ns_last_pid && { ${sleeping} & echo $!; wait; }`;
  for (let attempt = 0; attempt < 10; attempt++) {
    const shell = start(t, ['sh', '-c', steps]);
    const child = Number(await shell.line);
    if (child > 0) {
      await until('it sleeps', () => processStat(child)?.name === 'sleep');
    }
    if (child === pid) {
      return pid;
    }
    await shell.end();
  }
  return undefined;
}
