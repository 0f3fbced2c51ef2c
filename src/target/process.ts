import { basename } from 'node:path';
import { decoded, ifAllowed, linkOf, numbersIn, readProc } from './procfs.js';

/** What /proc/PID/stat says, as far as it is used here. */
export interface ProcessStat {
  readonly pid: number;
  /** The kernel's name for it, 15 bytes at most. */
  readonly name: string;
  /** R, S, D, T, t, Z, X, I, as ps shows it. */
  readonly state: string;
  readonly parent: number;
  readonly isKernelThread: boolean;
  /** Clock ticks (1/100 s) since boot; with the pid it identifies a process. */
  readonly startTime: number;
}

/** What /proc/PID/status says, as far as it is used here. */
export interface ProcessStatus {
  /** The process that a thread belongs to: its own pid when it is one. */
  readonly threadGroup: number;
  /** The thread, of another process, that traces it (ptrace(2)); 0 for none, or one that is not seen from here. */
  readonly tracer: number;
  /** Real, effective, saved and file system user. */
  readonly users: readonly number[];
  /** The id in each pid namespace from ours (or rather /proc's) inwards; the last is what the process itself sees. */
  readonly namespacePids: readonly number[];
  readonly effectiveCapabilities: bigint;
  /** 0 none, 1 strict, 2 filter. */
  readonly seccomp: number;
}

/** Reads and parses /proc/PID/stat; nothing when there is no such process. */
export function processStat(pid: number): ProcessStat | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/** Reads and parses /proc/PID/status; nothing when there is no such process. `pid` may be `self`. */
export function processStatus(pid: number | 'self'): ProcessStatus | undefined {
  const text = readProc(`/proc/${pid}/status`);
  return text === undefined ? undefined : parseStatus(text);
}

/** Field numbers as in proc_pid_stat(5). The name can hold anything, also parentheses: it ends at the last one. */
export function parseStat(text: string): ProcessStat | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  const field = (number: number) => fields[number - 3] ?? '';
  const stat = {
    pid: Number.parseInt(text, 10),
    name: decoded(text.slice(open + 1, close)),
    state: field(3),
    parent: Number(field(4)),
    isKernelThread: (Number(field(9)) & kernelThreadFlag) !== 0,
    startTime: Number(field(22)),
  };
  return open < 0 || close < open || fields.length < 20 || Number.isNaN(stat.pid) ? undefined : stat;
}

/** PF_KTHREAD, include/linux/sched.h. */
const kernelThreadFlag = 0x0020_0000;

export function parseStatus(text: string): ProcessStatus {
  const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(text)?.[1] ?? '';
  const numbers = (name: string) => field(name).split(/\s+/).filter(Boolean).map(Number);
  const capabilities = field('CapEff');
  return {
    threadGroup: numbers('Tgid')[0] ?? 0,
    tracer: numbers('TracerPid')[0] ?? 0,
    users: numbers('Uid'),
    namespacePids: numbers('NSpid'),
    effectiveCapabilities: /^[0-9a-f]+$/i.test(capabilities) ? BigInt(`0x${capabilities}`) : 0n,
    seccomp: numbers('Seccomp')[0] ?? 0,
  };
}

/** The arguments the process was started with; empty for one of the kernel's, or one that is gone. */
export function commandLine(pid: number): readonly string[] {
  const text = readProc(`/proc/${pid}/cmdline`) ?? '';
  return text === '' ? [] : decoded(text.replace(/\0$/, '')).split('\0');
}

/** The executable as the process's own root names it; nothing when it is not known. */
export function executableOf(pid: number): string | undefined {
  return ifAllowed(() => linkOf(`/proc/${pid}/exe`))?.replace(/ \(deleted\)$/, '');
}

/** A few words that tell a person which process this is. */
export function describeProcess(pid: number): string {
  const executable = executableOf(pid);
  return executable === undefined ? (processStat(pid)?.name ?? 'unknown') : basename(executable);
}

/** Seconds since the process started; against our own start, since containers can have an uptime of their own. */
export function ageOf(stat: ProcessStat): number {
  const ours = processStat(process.pid)?.startTime ?? stat.startTime;
  return (ours - stat.startTime) / ticksPerSecond + process.uptime();
}

/** USER_HZ: 100 on x86-64, whatever the kernel was built with. */
const ticksPerSecond = 100;

/** An id of a namespace, e.g. "pid:[4026531836]"; nothing when it may not be known. `pid` may be `self`. */
export function namespaceOf(pid: number | 'self', kind: 'pid' | 'user' | 'mnt'): string | undefined {
  return ifAllowed(() => linkOf(`/proc/${pid}/ns/${kind}`));
}

/**
 * The threads of a process now: thread id in its own pid namespace → the id that /proc shows here. Empty when it
 * is gone.
 */
export function threadIds(pid: number): Map<number, number> {
  const ours = numbersIn(`/proc/${pid}/task`);
  const depth = processStatus(pid)?.namespacePids.length ?? 0;
  const ids = new Map<number, number>();
  for (const thread of ours) {
    const inside = depth > 1 ? innermost(pid, thread) : thread;
    if (inside !== undefined) {
      ids.set(inside, thread);
    }
  }
  return ids;
}

function innermost(pid: number, thread: number): number | undefined {
  const text = readProc(`/proc/${pid}/task/${thread}/status`);
  return text === undefined ? undefined : parseStatus(text).namespacePids.at(-1);
}

/** The kernel's name of a thread (`pthread_setname_np`, or the executable's); nothing when it is gone. */
export function threadName(pid: number, thread: number): string | undefined {
  const text = readProc(`/proc/${pid}/task/${thread}/comm`);
  return text === undefined ? undefined : decoded(text.replace(/\n$/, ''));
}

/** The processor that a thread runs on, or ran on last; nothing when it is gone. */
export function processorOf(pid: number, thread: number): number | undefined {
  const text = ifAllowed(() => readProc(`/proc/${pid}/task/${thread}/stat`));
  const field = text?.slice(text.lastIndexOf(')') + 2).split(' ')[39 - 3];
  return field === undefined ? undefined : Number(field);
}

/** Nanoseconds that a thread has run for so far, as far as the kernel has noted it; nothing when it is gone. */
export function timeOnProcessors(pid: number, thread: number): bigint | undefined {
  const text = ifAllowed(() => readProc(`/proc/${pid}/task/${thread}/schedstat`, 64));
  const [, time] = /^(\d+) /.exec(text ?? '') ?? [];
  return time === undefined ? undefined : BigInt(time);
}
