import { HeavyopsError } from '../../errors.js';
import type { ScriptRequest } from '../../native.js';
import { readPointer, viewOf } from '../../target/memory.js';
import { ifAllowed, readProc } from '../../target/procfs.js';
import { notReady } from '../../target/refusals.js';
import type { Target } from '../../target/target.js';

/** By which an interpreter lets a debugger in (PEP 768): what `askForScript` needs, but for the script. */
export type Door = Omit<ScriptRequest, 'path'>;

/**
 * Finds it, and refuses what is no interpreter that can be counted while it runs.
 *
 * @throws HeavyopsError UNSUPPORTED_PYTHON, NOT_COUNTABLE, NOT_READY
 */
export function doorOf(target: Target): Door {
  const { pid, layout, read, freeThreaded } = target;
  if (layout.minor < firstWithDoor) throw tooOld(target);
  if (freeThreaded) throw withoutGil(target);
  const support = layout.field('PyThreadState', 'remote_debugger_support');
  const enabled = layout.field('PyInterpreterState', 'config.remote_debug');
  const interpreter = mainInterpreter(target);
  if (interpreter === undefined || isFinalizing(target)) throw notReady(pid, 'it is just ending');
  const flag = enabled < 0 ? undefined : read(interpreter + BigInt(enabled), 4);
  // The very test of CPython: run_remote_debugger_source's caller, Python/ceval_gil.c.
  if (support < 0 || flag === undefined || viewOf(flag).getInt32(0, true) !== 1) throw closed(target);
  const own = (name: string) => layout.field('_PyRemoteDebuggerSupport', name);
  return {
    pid,
    interpreter,
    threadsHead: layout.interpreter.threadsHead,
    next: layout.thread.next,
    interp: layout.thread.interp,
    evalBreaker: layout.field('PyThreadState', 'eval_breaker'),
    pendingCall: support + own('debugger_pending_call'),
    scriptPath: support + own('debugger_script_path'),
    scriptPathSize: own('script_path_size'),
  };
}

const firstWithDoor = 14;

/** Interpreters are listed newest first. */
function mainInterpreter({ read, interpretersHead, layout }: Target): bigint | undefined {
  let found: bigint | undefined;
  let next = readPointer(read, interpretersHead);
  for (let count = 0; next !== undefined && next !== 0n && count < mostInterpreters; count++) {
    found = next;
    next = readPointer(read, found + BigInt(layout.interpreter.next));
  }
  return found;
}

const mostInterpreters = 4096;

function isFinalizing({ read, interpretersHead, layout }: Target): boolean {
  const offset = layout.field('_PyRuntimeState', 'finalizing');
  const runtime = interpretersHead - BigInt(layout.runtime.interpretersHead);
  return offset >= 0 && readPointer(read, runtime + BigInt(offset)) !== 0n;
}

/**
 * Refuses a process that may not have files of the size: the kernel would send it a signal (SIGXFSZ, setrlimit(2)), which
 * not every program lets pass.
 *
 * @throws HeavyopsError NOT_COUNTABLE
 */
export function refuseLimit(pid: number, size: number): void {
  const limits = ifAllowed(() => readProc(`/proc/${pid}/limits`)) ?? '';
  const [, limit] = /^Max file size\s+(\d+)/m.exec(limits) ?? [];
  if (limit === undefined || Number(limit) >= size) return;
  throw new HeavyopsError(
    'NOT_COUNTABLE',
    `process ${pid} may not have files of more than ${limit} bytes, and its counters would be in one, in memory, of ${size}`,
    `Raise its limit: prlimit --pid ${pid} --fsize=unlimited\n${insteadOfCounting(pid)}`,
  );
}

/** What can be done with it instead, in whole sentences. */
export function insteadOfCounting(pid: number): string {
  return `Sample it, which it does not notice: heavyops attach ${pid}\nOr count the program from its start: heavyops count app.py`;
}

function tooOld({ pid, version }: Target): HeavyopsError {
  return new HeavyopsError(
    'UNSUPPORTED_PYTHON',
    `process ${pid} runs CPython ${version.text}, which cannot be counted while it runs: only 3.14 and later let a tool in (PEP 768)`,
    insteadOfCounting(pid),
  );
}

function withoutGil({ pid, version }: Target): HeavyopsError {
  return new HeavyopsError(
    'UNSUPPORTED_PYTHON',
    `process ${pid} runs a free-threaded CPython ${version.text}, whose threads would count at once`,
    insteadOfCounting(pid),
  );
}

function closed({ pid }: Target): HeavyopsError {
  return new HeavyopsError(
    'NOT_COUNTABLE',
    `process ${pid} lets no tool in: its remote debugging is off`,
    `PYTHON_DISABLE_REMOTE_DEBUG or -X disable-remote-debug switches it off, or its Python was built without.\n${insteadOfCounting(pid)}`,
  );
}
