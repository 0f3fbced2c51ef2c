import { isContainer } from './container.js';
import { processStatus } from './process.js';
import { ifAllowed, readProc } from './procfs.js';

/** What the kernel reader was refused: `refusedStep()` and `start()` of the native sampler. */
export interface KernelRefusal {
  /** 'image': our own program is no such; 'map' and 'verify': bpf(2); 'event': perf_event_open(2). */
  readonly step: string;
  readonly errno: number;
}

/** Why a recording is not the kernel's, and what helps; one sentence each, without a full stop. */
export interface WhyNotKernel {
  readonly reason: string;
  readonly remedy: string;
}

/** What decides whether a process may have the kernel sample another one. */
export interface KernelFacts {
  /** Of the kernel, such as 6.1.0-18-amd64. */
  readonly release: string;
  /** Ours: capabilities(7), bit n for number n. */
  readonly capabilities: bigint;
  /** Capabilities of another user namespace count for nothing here: user_namespaces(7). */
  readonly inFirstUserNamespace: boolean;
  /** A filter of system calls applies to us: seccomp(2). */
  readonly filtered: boolean;
  /** /proc/sys/kernel/perf_event_paranoid. */
  readonly perfEventParanoid: number;
  /** kernel_lockdown(7): 'none', 'integrity' or 'confidentiality'. */
  readonly lockdown: string;
  readonly inContainer: boolean;
}

/** Says why the kernel most likely refused, and what helps. */
export function kernelRefused(refusal: KernelRefusal): WhyNotKernel {
  return explainKernelRefusal(refusal, gatherFacts());
}

/** The first rule that fits, in the order in which the kernel asks. */
export function explainKernelRefusal(refusal: KernelRefusal, facts: KernelFacts): WhyNotKernel {
  const { step, errno } = refusal;
  if (step === 'image') return damagedProgram;
  if (errno === ENOSYS) return withoutCall(step, facts);
  if (isOlder(facts.release, firstRelease)) return tooOld(facts);
  if (errno === EMFILE || errno === ENFILE) return tooManyFiles;
  if (errno === ENOMEM) return noMemory;
  // The verifier says EACCES where a program does what none may: the maps before it have been allowed.
  if (errno === EPERM || (errno === EACCES && step !== 'verify')) return forbidden(refusal, facts);
  return step === 'verify' ? notVerified(errno, facts) : unexpected(refusal);
}

// asm-generic/errno-base.h and errno.h: the same on x86-64 and arm64.
const EPERM = 1;
const ENOMEM = 12;
const EACCES = 13;
const ENFILE = 23;
const EMFILE = 24;
const ENOSYS = 38;

/** Ring buffers of BPF are new in it (Documentation/bpf/ringbuf.rst), as are CAP_BPF and CAP_PERFMON (capabilities(7)). */
const firstRelease = [5, 8] as const;
/** From it on maps count as memory of the control group, no longer as locked memory ("bpf: switch to memcg-based memory accounting"). */
const unlockedRelease = [5, 11] as const;

// include/uapi/linux/capability.h
const CAP_SYS_ADMIN = 21n;
const CAP_SYS_RESOURCE = 24n;
const CAP_PERFMON = 38n;
const CAP_BPF = 39n;

const damagedProgram: WhyNotKernel = {
  reason: 'the program for the kernel that heavyops brings is damaged',
  remedy: 'build it again with `npm run build`, or install the package again',
};

const tooManyFiles: WhyNotKernel = {
  reason: 'too many files are open, and each thread of the process takes two',
  remedy: 'allow more with `ulimit -n 65536`',
};

const noMemory: WhyNotKernel = {
  reason: 'the kernel has no memory for its buffers, of some 5 MiB',
  remedy: 'free some, or raise the memory limit of the container',
};

function withoutCall(step: string, facts: KernelFacts): WhyNotKernel {
  const call = callOf(step);
  // Filters of some container engines answer so to what they do not know.
  if (facts.filtered) return filtered(call, facts);
  const setting = step === 'event' ? 'CONFIG_PERF_EVENTS' : 'CONFIG_BPF_SYSCALL';
  return {
    reason: `this kernel was built without ${call}`,
    remedy: `run a kernel that has ${setting}`,
  };
}

function tooOld({ release }: KernelFacts): WhyNotKernel {
  return {
    reason: `Linux ${release} is too old for the kernel reader`,
    remedy: `it needs Linux ${firstRelease.join('.')} or later`,
  };
}

function forbidden({ step, errno }: KernelRefusal, facts: KernelFacts): WhyNotKernel {
  if (!facts.inFirstUserNamespace) return ofAnotherNamespace;
  const lacking = lackingCapabilities(facts);
  if (lacking.length > 0) return withoutCapabilities(lacking, facts);
  // Debian, Ubuntu and others have levels above the kernel's own highest, 2 (Documentation/admin-guide/sysctl/kernel.rst):
  // from 3 or 4 on `perf_event_open` asks for CAP_SYS_ADMIN; CAP_PERFMON is not enough there.
  if (step === 'event' && errno === EACCES && facts.perfEventParanoid > 2 && !has(facts, CAP_SYS_ADMIN)) {
    return tooParanoid(facts);
  }
  if (step === 'map' && isOlder(facts.release, unlockedRelease) && !has(facts, CAP_SYS_RESOURCE)) {
    return lockedMemory(facts);
  }
  if (facts.filtered) return filtered(callOf(step), facts);
  if (facts.lockdown !== 'none') return lockedDown(facts);
  return {
    reason: `a security module (SELinux, AppArmor) forbids ${callOf(step)}`,
    remedy: 'its log names the rule: `dmesg`, or `ausearch -m avc` with SELinux',
  };
}

/**
 * A program of this type asks for both (kernel/bpf/syscall.c, `bpf_prog_load`), whatever kernel.unprivileged_bpf_disabled
 * is; CAP_SYS_ADMIN stands for each of them (capabilities(7)).
 */
function lackingCapabilities(facts: KernelFacts): readonly string[] {
  if (has(facts, CAP_SYS_ADMIN)) return [];
  return [...(has(facts, CAP_BPF) ? [] : ['CAP_BPF']), ...(has(facts, CAP_PERFMON) ? [] : ['CAP_PERFMON'])];
}

function withoutCapabilities(lacking: readonly string[], { inContainer }: KernelFacts): WhyNotKernel {
  const flags = lacking.map((name) => name.replace('CAP_', '--cap-add='));
  return {
    reason: `heavyops lacks ${lacking.join(' and ')}`,
    remedy: inContainer
      ? `start the container with ${flags.join(' ')}, or run heavyops on the host as root`
      : 'run it as root: `sudo heavyops …`',
  };
}

const ofAnotherNamespace: WhyNotKernel = {
  reason:
    'heavyops runs in a user namespace of its own (a rootless container), whose capabilities do not count',
  remedy: 'run it on the host as root',
};

function tooParanoid({ perfEventParanoid, inContainer }: KernelFacts): WhyNotKernel {
  const command = '`sudo sysctl kernel.perf_event_paranoid=2`';
  return {
    reason: `kernel.perf_event_paranoid is ${perfEventParanoid}, which asks for CAP_SYS_ADMIN`,
    remedy: `${command}${inContainer ? ' on the host' : ''}, or give it that capability`,
  };
}

/** bpf(2) answers EPERM where RLIMIT_MEMLOCK is too low for a map. */
function lockedMemory({ release, inContainer }: KernelFacts): WhyNotKernel {
  return {
    reason: `on Linux ${release} its buffers count as locked memory, and the limit of that is too low`,
    remedy: inContainer
      ? 'start the container with --ulimit memlock=-1'
      : 'raise it as root, with `ulimit -l unlimited`, or run heavyops as root',
  };
}

/** Docker's profile permits each call to containers that were given its capability (moby/profiles, default.json). */
function filtered(call: string, { inContainer }: KernelFacts): WhyNotKernel {
  return {
    reason: `a seccomp filter forbids ${call} here`,
    remedy: inContainer
      ? 'start the container with --security-opt seccomp=unconfined, or with a profile that permits it'
      : 'run it where no such filter applies: in another service, or in a shell on the host',
  };
}

/**
 * As Linux itself has it, lockdown keeps programs from reading the kernel's memory only (LOCKDOWN_BPF_READ_KERNEL in
 * kernel/bpf/helpers.c), and perf from registers (LOCKDOWN_PERF): samples need neither. Distributions may go further.
 */
function lockedDown({ lockdown }: KernelFacts): WhyNotKernel {
  return {
    reason: `the kernel is locked down (${lockdown})`,
    remedy: 'start the machine without it (kernel parameter `lockdown`, Secure Boot)',
  };
}

function notVerified(errno: number, facts: KernelFacts): WhyNotKernel {
  if (facts.lockdown === 'confidentiality') return lockedDown(facts);
  return {
    reason: `Linux ${facts.release} does not accept the program that heavyops brings (${nameOf(errno)})`,
    remedy: 'please report it, with the output of `uname -r`',
  };
}

function unexpected({ step, errno }: KernelRefusal): WhyNotKernel {
  return {
    reason: `${callOf(step)} failed: ${nameOf(errno)}`,
    remedy: 'please report it, with the output of `uname -r`',
  };
}

function callOf(step: string): string {
  return step === 'event' ? 'perf_event_open(2)' : 'bpf(2)';
}

function nameOf(errno: number): string {
  return process.getBuiltinModule('node:util').getSystemErrorName(-errno);
}

function has({ capabilities }: KernelFacts, capability: bigint): boolean {
  return (capabilities & (1n << capability)) !== 0n;
}

function isOlder(release: string, [major, minor]: readonly [number, number]): boolean {
  const [, ...numbers] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  const [itsMajor = major, itsMinor = minor] = numbers.map(Number);
  return itsMajor < major || (itsMajor === major && itsMinor < minor);
}

function gatherFacts(): KernelFacts {
  const us = processStatus('self');
  const text = (path: string) => (ifAllowed(() => readProc(path)) ?? '').trim();
  return {
    release: text('/proc/sys/kernel/osrelease'),
    capabilities: us?.effectiveCapabilities ?? 0n,
    // The first one maps every user to itself: user_namespaces(7). Another one hardly ever does.
    inFirstUserNamespace: /^\s*0\s+0\s+4294967295$/.test(text('/proc/self/uid_map')),
    filtered: us?.seccomp === 2,
    perfEventParanoid: Number(text('/proc/sys/kernel/perf_event_paranoid')),
    lockdown: /\[(\w+)\]/.exec(text('/sys/kernel/security/lockdown'))?.[1] ?? 'none',
    inContainer: isContainer(),
  };
}
