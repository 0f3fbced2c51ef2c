import { HeavyopsError } from '../errors.js';
import { statSync } from '../lib/file-system.js';
import { isContainer } from './container.js';
import { describeProcess, namespaceOf, processStatus } from './process.js';
import { ifAllowed, readProc } from './procfs.js';

/** What decides whether one process may read another: ptrace(2), "Ptrace access mode checking". */
export interface DenialFacts {
  readonly pid: number;
  /** Our effective user. */
  readonly ourUser: number;
  /** Real user of the target; nothing when it is not known. */
  readonly targetUser: number | undefined;
  /** We have CAP_SYS_PTRACE, in our user namespace. */
  readonly mayTraceOthers: boolean;
  /** /proc/sys/kernel/yama/ptrace_scope, 0 where there is no Yama. */
  readonly ptraceScope: number;
  /** Nothing when it may not be known. */
  readonly sameUserNamespace: boolean | undefined;
  readonly inContainer: boolean;
  /** The target has made itself unreadable: setuid programs and prctl(PR_SET_DUMPABLE). */
  readonly targetUndumpable: boolean;
}

/** Says why the kernel refused to let us read process `pid`, most likely, and what would let us. */
export function permissionDenied(pid: number, cause?: unknown): HeavyopsError {
  return explainDenial(gatherFacts(pid), cause);
}

/** The first rule that refuses, in the order in which the kernel asks. */
export function explainDenial(facts: DenialFacts, cause?: unknown): HeavyopsError {
  const { message, hint } = reasonFor(facts);
  return new HeavyopsError(
    'PERMISSION_DENIED',
    `no permission to read process ${facts.pid}: ${message}`,
    hint,
    cause,
  );
}

interface Reason {
  readonly message: string;
  readonly hint: string;
}

function reasonFor(facts: DenialFacts): Reason {
  if (facts.mayTraceOthers) {
    return reasonForPrivileged(facts);
  }
  if (facts.ourUser === 0) {
    return withoutCapability;
  }
  if (facts.targetUser !== undefined && facts.targetUser !== facts.ourUser) {
    return otherUser(facts, facts.targetUser);
  }
  if (facts.targetUndumpable) {
    const message =
      'it does not let its own user read it (a setuid program, or one that called prctl(PR_SET_DUMPABLE, 0))';
    return { message, hint: asRoot(facts) };
  }
  return facts.ptraceScope > 0 ? restrictedByYama(facts) : unexplained(facts);
}

function reasonForPrivileged({ ptraceScope, sameUserNamespace, pid }: DenialFacts): Reason {
  if (ptraceScope >= 3) {
    return scopeThree;
  }
  if (sameUserNamespace !== true) {
    return {
      message: 'it is in another user namespace, where CAP_SYS_PTRACE of this one counts for nothing',
      hint: 'Run heavyops on the host as root, or inside the container that the process belongs to.',
    };
  }
  return {
    message: 'the kernel refuses even with CAP_SYS_PTRACE',
    hint: `A seccomp filter or a security module (AppArmor, SELinux) is the likely reason: \`dmesg | grep ${pid}\` may name it. In a container, try --security-opt seccomp=unconfined --security-opt apparmor=unconfined.`,
  };
}

const withoutCapability: Reason = {
  message: 'root lacks CAP_SYS_PTRACE here, as in most containers',
  hint:
    'Start the container with `docker run --cap-add=SYS_PTRACE …`; in Kubernetes set securityContext: {capabilities: {add: ["SYS_PTRACE"]}}. ' +
    'Or leave it as it is and look from beside it: `docker run --pid=container:NAME --cap-add=SYS_PTRACE …`, `kubectl debug --target=CONTAINER --profile=sysadmin …`, or heavyops on the host as root.',
};

const scopeThree: Reason = {
  message: 'kernel.yama.ptrace_scope is 3, which forbids it to everyone',
  hint: 'It cannot be lowered while the system runs: remove the setting from /etc/sysctl.d and restart the machine.',
};

function otherUser(facts: DenialFacts, targetUser: number): Reason {
  const { name, quoted } = namesOf(targetUser);
  const message = `it belongs to ${name}, and heavyops runs as ${namesOf(facts.ourUser).name}`;
  const hint = facts.inContainer
    ? `Run heavyops as that user, or as root in a container started with --cap-add=SYS_PTRACE (docker exec --user ${quoted} …).`
    : `Run it as that user (\`sudo -u ${quoted} heavyops …\`) or as root (\`sudo heavyops …\`).`;
  return { message, hint };
}

function restrictedByYama(facts: DenialFacts): Reason {
  const { ptraceScope } = facts;
  if (ptraceScope >= 3) {
    return scopeThree;
  }
  const allowed = ptraceScope === 1 ? 'only allows reading own child processes' : 'only allows it to root';
  const own = ptraceScope === 1 ? ' Or let heavyops start the program: `heavyops run -- python3 …`.' : '';
  return {
    message: `kernel.yama.ptrace_scope is ${ptraceScope}, which ${allowed}`,
    hint: `${asRoot(facts)} Or allow it to all until the next start of the machine: \`sudo sysctl kernel.yama.ptrace_scope=0\`${facts.inContainer ? ' on the host' : ''}.${own}`,
  };
}

function unexplained(facts: DenialFacts): Reason {
  if (facts.sameUserNamespace === false) {
    const hint = 'Run heavyops inside that container, or on the host as root.';
    return { message: 'it is in another user namespace', hint };
  }
  const message = 'it has rights that heavyops has not, or a security module forbids it';
  return { message, hint: asRoot(facts) };
}

function asRoot({ inContainer }: DenialFacts): string {
  return inContainer
    ? 'Run heavyops as root in a container started with --cap-add=SYS_PTRACE, or on the host as root.'
    : 'Run it as root: `sudo heavyops …`.';
}

function namesOf(user: number): { readonly name: string; readonly quoted: string } {
  const name = user === 0 ? 'root' : user === process.geteuid?.() ? ownName() : nameInPasswd(user);
  return name === undefined
    ? { name: `user ${user}`, quoted: `'#${user}'` }
    : { name: `${name} (user ${user})`, quoted: name };
}

function ownName(): string | undefined {
  try {
    return process.getBuiltinModule('node:os').userInfo().username;
  } catch {
    return undefined; // A user id without an entry in /etc/passwd, as containers have.
  }
}

function nameInPasswd(user: number): string | undefined {
  const lines = (ifAllowed(() => readProc('/etc/passwd')) ?? '').split('\n').map((line) => line.split(':'));
  return lines.find((fields) => fields[2] === String(user))?.[0];
}

const ptraceCapability = 1n << 19n;

function gatherFacts(pid: number): DenialFacts {
  const us = processStatus('self');
  const target = processStatus(pid);
  const ourNamespace = namespaceOf('self', 'user');
  const itsNamespace = namespaceOf(pid, 'user');
  const ourUser = process.geteuid?.() ?? us?.users[1] ?? 0;
  const targetUser = target?.users[0];
  return {
    pid,
    ourUser,
    targetUser,
    mayTraceOthers: ((us?.effectiveCapabilities ?? 0n) & ptraceCapability) !== 0n,
    ptraceScope: Number(ifAllowed(() => readProc('/proc/sys/kernel/yama/ptrace_scope')) ?? 0),
    sameUserNamespace: itsNamespace === undefined ? undefined : itsNamespace === ourNamespace,
    inContainer: isContainer(),
    targetUndumpable: targetUser !== undefined && targetUser !== 0 && ownerOf(pid) === 0,
  };
}

/** The kernel gives the files in /proc/PID, not the directory, to root when the process is not dumpable. */
function ownerOf(pid: number): number | undefined {
  return ifAllowed(() => statSync(`/proc/${pid}/status`, { throwIfNoEntry: false })?.uid);
}

/** A process that exists but is not shown in /proc, as the mount option hidepid=2 has it. */
export function hiddenProcess(pid: number): HeavyopsError {
  return new HeavyopsError(
    'PERMISSION_DENIED',
    `process ${pid} belongs to another user and /proc hides it (mount option hidepid)`,
    `Run it as that user or as root: \`sudo heavyops …\`. This is ${describeProcess(process.pid)} as user ${process.geteuid?.()}.`,
  );
}
