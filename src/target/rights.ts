import { readProc } from './procfs.js';

/** Whose rights a process has on files: its effective user, and its groups. */
export interface Rights {
  readonly user: number;
  readonly groups: readonly number[];
}

/** Nothing when the process is gone. */
export function rightsOf(pid: number): Rights | undefined {
  const status = readProc(`/proc/${pid}/status`);
  if (status === undefined) return undefined;
  const numbers = (name: string) =>
    (new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1] ?? '')
      .split(/\s+/)
      .filter(Boolean)
      .map(Number);
  // Real, effective, saved, file system: proc_pid_status(5).
  return { user: numbers('Uid')[3] ?? -1, groups: [numbers('Gid')[3] ?? -1, ...numbers('Groups')] };
}

/** What may be asked of a file, as the bits of its mode have it. */
export const Access = { search: 1, read: 4 } as const;

/** Whether its mode lets them: path_resolution(7), "Permissions"; without capabilities and access control lists. */
export function permits(
  rights: Rights,
  { mode, uid, gid }: { readonly mode: number; readonly uid: number; readonly gid: number },
  access: number,
): boolean {
  if (rights.user === 0) return true;
  const shift = uid === rights.user ? 6 : rights.groups.includes(gid) ? 3 : 0;
  return ((mode >> shift) & access) === access;
}
