import { HeavyopsError } from '../errors.js';
import { describeProcess, processStat, processStatus, threadIds } from './process.js';
import { noSuchProcess } from './refusals.js';

/**
 * Refuses a process that is stopped already, or that another program traces: whoever stopped it decides when it goes
 * on, and a thread has one tracer at most (ptrace(2)).
 *
 * @throws HeavyopsError NOT_STOPPABLE
 */
export function refuseUnstoppable(pid: number, instead = withoutBlocking): void {
  const tracer = tracerOf(pid);
  if (tracer !== undefined) throw traced(pid, tracer, instead);
  if (processStat(pid)?.state === 'T') throw alreadyStopped(pid);
}

/** Says why the kernel most likely refused PTRACE_SEIZE with `errno`, for a process that it lets us read. */
export function stopRefused(pid: number, errno: number, instead = withoutBlocking): HeavyopsError {
  const tracer = tracerOf(pid);
  if (tracer !== undefined) return traced(pid, tracer, instead);
  if (errno === ESRCH) return noSuchProcess(pid);
  if (errno === EPERM) return outOfSight(pid, instead);
  const name = process.getBuiltinModule('node:util').getSystemErrorName(-errno);
  return new HeavyopsError('NOT_STOPPABLE', `process ${pid} cannot be stopped: ${name}`, instead);
}

const EPERM = 1;
const ESRCH = 3;
const withoutBlocking = 'Leave --blocking out: then it is read while it runs.';

/** The process that traces a thread of it. TracerPid in /proc/PID/status is a thread of that; 0 for none, or none seen. */
function tracerOf(pid: number): number | undefined {
  const tracers = [...threadIds(pid).values()].map((thread) => processStatus(thread)?.tracer ?? 0);
  const tracer = tracers.find((thread) => thread > 0);
  return tracer === undefined ? undefined : (processStatus(tracer)?.threadGroup ?? tracer);
}

function traced(pid: number, tracer: number, instead: string): HeavyopsError {
  return new HeavyopsError(
    'NOT_STOPPABLE',
    `process ${pid} is traced by process ${tracer} (${describeProcess(tracer)}), and can have one tracer only`,
    `End that first: a debugger, strace, another profiler.\n${instead}`,
  );
}

/**
 * Reading asks for the same permission (PTRACE_MODE_ATTACH_REALCREDS in mm/process_vm_access.c and kernel/ptrace.c),
 * so what is left is a tracer, which ptrace_attach answers with EPERM, or a filter of system calls.
 */
function outOfSight(pid: number, instead: string): HeavyopsError {
  return new HeavyopsError(
    'NOT_STOPPABLE',
    `process ${pid} can be read, but the kernel does not let it be stopped`,
    `A program in another pid namespace traces it, or a seccomp filter forbids ptrace(2) here.\n${instead}`,
  );
}

function alreadyStopped(pid: number): HeavyopsError {
  return new HeavyopsError(
    'NOT_STOPPABLE',
    `process ${pid} is stopped already, by a signal (Ctrl-Z, SIGSTOP)`,
    `Let it go on: kill -CONT ${pid}\nTo see where it stands: heavyops dump ${pid}`,
  );
}
