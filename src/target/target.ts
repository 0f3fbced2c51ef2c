import type { HeavyopsError } from '../errors.js';
import { native } from '../native.js';
import { hiddenProcess, permissionDenied } from './denied.js';
import { type ElfProblem, type ReadAt, readElf } from './elf.js';
import { type LocatedPython, locatePython, type Search } from './locate.js';
import { type Module, parseModules } from './maps.js';
import { memoryOf, type RawReadMemory, type ReadMemory } from './memory.js';
import { ageOf, commandLine, type ProcessStat, processStat, processStatus, threadIds } from './process.js';
import { isDenied, linkOf, readProc } from './procfs.js';
import { type ProgramImage, programImage } from './program-image.js';
import {
  kernelThread,
  noSuchProcess,
  notPython,
  notReady,
  otherImplementation,
  unreadable,
  unrecognised,
  zombie,
} from './refusals.js';

/** A running CPython, and everything that is needed to read it. */
export interface Target extends Omit<LocatedPython, 'found'> {
  readonly pid: number;
  /** Clock ticks since boot; with `pid` it identifies the process. */
  readonly startTime: number;
  readonly freeThreaded: boolean;
  /** As the target's own root names it. */
  readonly executable: string;
  readonly commandLine: readonly string[];
  /** The file that holds the interpreter, the executable or a libpython, as the target's own root names it. */
  readonly module: string;
  readonly read: ReadMemory;
  /** The target's root directory, as a path here. */
  readonly root: string;
  /** Thread id as the target sees it (its `native_thread_id`) → as /proc here shows it. Made anew on each call. */
  threadIds(): Map<number, number>;
  /** Whether the process still runs the program that was found; 'exec': it runs another one now. */
  isAlive(): 'same' | 'ended' | 'exec';
}

export interface OpenOptions {
  /** Milliseconds to wait for a process that is still starting; 3000 by default. */
  readonly waitFor?: number;
  /** Reads memory in another way than through the addon. */
  readonly readMemory?: RawReadMemory;
}

/**
 * Finds CPython in a live process, from outside: it is neither stopped nor written to. A process that is just
 * starting is waited for. The id of a thread stands for its process.
 *
 * @throws HeavyopsError NO_SUCH_PROCESS, ZOMBIE, KERNEL_THREAD, NOT_PYTHON, UNSUPPORTED_PYTHON, NOT_READY,
 * PERMISSION_DENIED, TARGET_UNREADABLE
 */
export async function openTarget(pid: number, options: OpenOptions = {}): Promise<Target> {
  const raw = options.readMemory ?? native().readMemory;
  const deadline = performance.now() + (options.waitFor ?? 3000);
  for (;;) {
    const began = performance.now();
    const attempt = explained(pid, () => tryOpen(pid, raw));
    if ('pid' in attempt) {
      return attempt;
    }
    if (attempt.refuseNow || began >= deadline) {
      throw explained(pid, attempt.error);
    }
    // Twice as long asleep as at work, where work is slow.
    const worked = performance.now() - began;
    const { setTimeout: sleep } = await import('node:timers/promises');
    await sleep(Math.min(Math.max(pollInterval, 2 * worked), Math.max(deadline - began - worked, 1)));
  }
}

const pollInterval = 5;
/** Seconds after which a process without any Python is not expected to become one. */
const youth = 1;

/** Nothing to read yet. */
interface Unready {
  readonly refuseNow: boolean;
  readonly error: () => HeavyopsError;
}

function tryOpen(asked: number, raw: RawReadMemory): Target | Unready {
  const pid = processOf(asked);
  const stat = livingStat(asked, pid);
  const read = memoryOf(pid, raw);
  const before = programImage(pid, read);
  const maps = readProc(`/proc/${pid}/maps`) ?? '';
  const executable = linkOf(`/proc/${pid}/exe`)?.replace(/ \(deleted\)$/, '');
  const modules = parseModules(maps);
  refuseUnreadable(pid, maps, raw);
  const search = locatePython({ pid, maps, modules, executable, read });
  if (search.found !== 'running') {
    return unready(pid, stat, search, modules);
  }
  if (before.check() !== 'same' || livingStat(asked, pid).startTime !== stat.startTime) {
    return { refuseNow: false, error: () => notReady(pid, 'it is starting one program after another') };
  }
  if (search.gilHolder === 0n && search.layout.runtime.tstateCurrent >= 0 && ageOf(stat) < youth) {
    // The interpreter has its first thread state a moment before the state of its GIL is complete.
    return { refuseNow: false, error: () => notReady(pid, 'it is just making its first interpreter') };
  }
  return targetOf(stat, executable ?? search.module, search, read, before);
}

function targetOf(
  { pid, startTime }: ProcessStat,
  executable: string,
  python: LocatedPython,
  read: ReadMemory,
  image: ProgramImage,
): Target {
  const { version, layout, interpretersHead, gilHolder, gil, musl } = python;
  const ownRoot = linkOf(`/proc/${pid}/root`) ?? '/';
  return {
    pid,
    startTime,
    version,
    freeThreaded: version.freeThreaded,
    executable: withinRoot(executable, ownRoot),
    commandLine: commandLine(pid),
    module: withinRoot(python.module, ownRoot),
    interpretersHead,
    gilHolder,
    gil,
    musl,
    layout,
    read,
    root: `/proc/${pid}/root`,
    threadIds: () => threadIds(pid),
    isAlive: () => {
      const now = processStat(pid);
      return now === undefined || hasEnded(now) || now.startTime !== startTime ? 'ended' : image.check();
    },
  };
}

/** A process under chroot alone is in our mount namespace: the kernel shows its paths as we would name them. */
function withinRoot(path: string, ownRoot: string): string {
  return ownRoot !== '/' && path.startsWith(`${ownRoot}/`) ? path.slice(ownRoot.length) : path;
}

/** The process that a thread id belongs to. */
function processOf(pid: number): number {
  if (!Number.isSafeInteger(pid) || pid <= 0) {
    throw noSuchProcess(pid);
  }
  const group = processStatus(pid)?.threadGroup ?? 0;
  return group > 0 ? group : pid;
}

function livingStat(asked: number, pid: number): ProcessStat {
  const stat = processStat(pid);
  if (stat === undefined || stat.state === 'X') {
    throw isHidden(pid) ? hiddenProcess(pid) : noSuchProcess(asked);
  }
  if (stat.isKernelThread) {
    throw kernelThread(pid, stat.name);
  }
  if (hasEnded(stat)) {
    throw zombie(pid, stat.name);
  }
  return stat;
}

function hasEnded({ state }: ProcessStat): boolean {
  return state === 'Z' || state === 'X';
}

/** /proc does not show it, but the kernel does not say that it does not exist. */
function isHidden(pid: number): boolean {
  try {
    process.kill(pid, 0); // No signal is sent: this only asks.
    return processStat(pid) === undefined;
  } catch (error) {
    return isDenied(error);
  }
}

/** Finds out what keeps all of it from being read before anything is looked for. */
function refuseUnreadable(pid: number, maps: string, raw: RawReadMemory): void {
  const problem = readElf(headerOf(`/proc/${pid}/exe`));
  if (typeof problem === 'string' && problem !== 'not-elf') {
    throw unreadable(pid, elfProblems[problem]);
  }
  const [, start] = /^([0-9a-f]+)-[0-9a-f]+ r/m.exec(maps) ?? [];
  const got = start === undefined ? 0 : raw(pid, BigInt(`0x${start}`), new Uint8Array(64));
  if (got === -errno.EPERM || got === -errno.EACCES) {
    throw permissionDenied(pid);
  }
  if (got === -errno.ENOSYS) {
    throw unreadable(pid, 'the kernel has no process_vm_readv, or a seccomp filter hides it');
  }
}

/** Reads from the start of a file of /proc, which has no size of its own. */
function headerOf(path: string): ReadAt {
  const start = Buffer.from(readProc(path, 64) ?? '', 'latin1');
  return (offset, length) =>
    offset + length <= start.length ? start.subarray(offset, offset + length) : undefined;
}

const errno = { EPERM: 1, EACCES: 13, ENOSYS: 38 } as const;
const elfProblems: Readonly<Record<Exclude<ElfProblem, 'not-elf'>, string>> = {
  '32-bit': 'it is a 32-bit program',
  'other-machine': 'it is a program for another kind of processor',
};

function unready(
  pid: number,
  stat: ProcessStat,
  search: Exclude<Search, LocatedPython>,
  modules: readonly Module[],
): Unready {
  switch (search.found) {
    case 'unsupported':
      return { refuseNow: true, error: () => search.error };
    case 'unrecognised':
      return { refuseNow: false, error: () => unrecognised(pid, search.version?.text ?? '') };
    case 'starting':
      return {
        refuseNow: false,
        error: () => notReady(pid, `${search.module} is loaded, but not initialised`),
      };
    case 'none':
      return search.named && otherImplementation(pid, modules) === undefined
        ? {
            refuseNow: false,
            error: () => notReady(pid, 'its executable is a Python, but nothing has been initialised'),
          }
        : { refuseNow: ageOf(stat) > youth, error: () => notPython(pid, modules) };
  }
}

/** Runs `step`; what the kernel refuses comes out as PERMISSION_DENIED with its reason. */
function explained<T>(pid: number, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw isDenied(error) ? permissionDenied(pid, error) : error;
  }
}
