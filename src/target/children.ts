import { executableOf } from './process.js';
import { numbersIn, readProc } from './procfs.js';

/**
 * Pids of the processes that were started from `pid` and are its children now. Where the kernel does not list them
 * (CONFIG_PROC_CHILDREN, proc_pid_task_children(5)) there are none.
 */
export function childrenOf(pid: number): readonly number[] {
  return numbersIn(`/proc/${pid}/task`).flatMap((thread) =>
    (readProc(`/proc/${pid}/task/${thread}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  );
}

/** The same of several, with their children and so on: nearest first, and not without end. */
export function descendantsOf(pids: readonly number[]): readonly number[] {
  const found = new Set(pids);
  for (const pid of found) {
    // A set's loop goes on to what is added meanwhile.
    for (const child of childrenOf(pid)) if (found.size < mostRelatives) found.add(child);
  }
  return [...found].slice(new Set(pids).size);
}

const mostRelatives = 4096;

/** Children that run the same program as their parent, most likely Python then: workers of a server. */
export function childrenAlike(pid: number): readonly number[] {
  const program = executableOf(pid);
  if (program === undefined) return [];
  return childrenOf(pid)
    .filter((child) => executableOf(child) === program)
    .sort((a, b) => a - b);
}
