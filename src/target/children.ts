import { ifAllowed, linkOf, numbersIn, readProc } from './procfs.js';

/**
 * Child processes that run the same program as their parent, most likely Python then: workers of a server, of
 * multiprocessing. Where the kernel does not list children (CONFIG_PROC_CHILDREN, proc_pid_task_children(5)) there are none.
 */
export function childrenAlike(pid: number): readonly number[] {
  const program = executableOf(pid);
  if (program === undefined) return [];
  return numbersIn(`/proc/${pid}/task`)
    .flatMap((thread) => childrenOf(`/proc/${pid}/task/${thread}/children`))
    .filter((child) => executableOf(child) === program)
    .sort((a, b) => a - b);
}

function childrenOf(path: string): readonly number[] {
  return (readProc(path) ?? '')
    .split(' ')
    .map(Number)
    .filter((child) => child > 0);
}

function executableOf(pid: number): string | undefined {
  return ifAllowed(() => linkOf(`/proc/${pid}/exe`));
}
