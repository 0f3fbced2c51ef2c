import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Interpreter } from './interpreters.js';

/** Programs and maps of the kernel's BPF machine, by their ids. */
export interface BpfObjects {
  readonly programs: readonly number[];
  readonly maps: readonly number[];
}

/** Those that a process has descriptors of, as /proc/PID/fdinfo tells (bpf_prog_show_fdinfo, bpf_map_show_fdinfo). */
export function bpfObjectsOf(pid: number): BpfObjects {
  const infos = descriptorsOf(pid);
  const ids = (name: string) =>
    infos.flatMap((info) => new RegExp(`^${name}:\\s*(\\d+)$`, 'm').exec(info)?.[1] ?? []).map(Number);
  return { programs: ids('prog_id'), maps: ids('map_id') };
}

/** Flags that hash maps were made with, of those that a process has descriptors of. */
export function hashMapFlagsOf(pid: number): readonly number[] {
  const hashMaps = descriptorsOf(pid).filter((info) => /^map_type:\s*1$/m.test(info)); // BPF_MAP_TYPE_HASH
  return hashMaps.map((info) => Number(/^map_flags:\s*(\w+)$/m.exec(info)?.[1]));
}

function descriptorsOf(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fdinfo`).map((fd) => {
    try {
      return readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1');
    } catch {
      return ''; // It has been closed since.
    }
  });
}

/**
 * Those of them that the kernel still has, whoever holds them. A perf event holds the program that it runs, so where the
 * program is gone there is no event either. Ids are not used again soon: the kernel takes the next one, up to 2³¹.
 */
export function stillLoaded({ command }: Interpreter, { programs, maps }: BpfObjects): BpfObjects {
  const [python = '', ...args] = command;
  const asked = JSON.stringify({ programs, maps });
  return JSON.parse(execFileSync(python, [...args, '-c', script, asked], { encoding: 'utf8' }));
}

/** BPF_PROG_GET_FD_BY_ID is 13, BPF_MAP_GET_FD_BY_ID 14 (linux/bpf.h); the id is the first word that they are given. */
const script = `
import ctypes, errno, json, os, platform, sys
libc = ctypes.CDLL(None, use_errno=True)
bpf = {'x86_64': 321, 'aarch64': 280}[platform.machine()]
def is_loaded(command, number):
    attributes = ctypes.create_string_buffer(number.to_bytes(4, sys.byteorder), 144)
    fd = libc.syscall(bpf, command, attributes, 12)
    if fd >= 0:
        os.close(fd)
    elif ctypes.get_errno() != errno.ENOENT:
        raise OSError(ctypes.get_errno(), 'bpf')
    return fd >= 0
asked = json.loads(sys.argv[1])
commands = {'programs': 13, 'maps': 14}
print(json.dumps({kind: [one for one in asked[kind] if is_loaded(commands[kind], one)] for kind in asked}))
`;
