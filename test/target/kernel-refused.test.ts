import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import {
  explainKernelRefusal,
  type KernelFacts,
  type KernelRefusal,
  kernelRefused,
} from '../../src/target/kernel-refused.js';

const { EACCES, EINVAL, EMFILE, ENOEXEC, ENOMEM, ENOSYS, EPERM, ESRCH } = constants.errno;

const SYS_ADMIN = 1n << 21n;
const SYS_RESOURCE = 1n << 24n;
const PERFMON = 1n << 38n;
const BPF = 1n << 39n;

/** A user without any privilege, on a usual machine. */
const plain: KernelFacts = {
  release: '6.1.0-18-amd64',
  capabilities: 0n,
  inFirstUserNamespace: true,
  filtered: false,
  perfEventParanoid: 2,
  lockdown: 'none',
  inContainer: false,
};

const able = { capabilities: BPF | PERFMON };
const root = { capabilities: BPF | PERFMON | SYS_ADMIN | SYS_RESOURCE };
const container = { inContainer: true };

/** What was refused, the situation, what the reason has to name, and what the remedy has to offer. */
const situations: readonly (readonly [
  string,
  KernelRefusal['step'],
  number,
  Partial<KernelFacts>,
  RegExp,
  RegExp,
])[] = [
  ['a user without privileges', 'map', EPERM, {}, /lacks CAP_BPF and CAP_PERFMON/, /sudo heavyops/],
  [
    'a container without privileges',
    'map',
    EPERM,
    { ...container, filtered: true },
    /lacks CAP_BPF and CAP_PERFMON/,
    /--cap-add=BPF --cap-add=PERFMON/,
  ],
  ['no CAP_BPF', 'map', EPERM, { capabilities: PERFMON }, /lacks CAP_BPF$/, /sudo/],
  [
    'no CAP_PERFMON',
    'verify',
    EPERM,
    { capabilities: BPF, ...container },
    /lacks CAP_PERFMON$/,
    /--cap-add=PERFMON,/,
  ],
  [
    'a rootless container',
    'map',
    EPERM,
    { ...root, ...container, inFirstUserNamespace: false },
    /user namespace/,
    /on the host as root/,
  ],
  [
    'CAP_SYS_ADMIN alone, and a filter',
    'map',
    EPERM,
    { capabilities: SYS_ADMIN, filtered: true },
    /seccomp filter forbids bpf\(2\)/,
    /no such filter/,
  ],
  [
    'a filter in a container',
    'event',
    EPERM,
    { ...able, ...container, filtered: true },
    /seccomp filter forbids perf_event_open\(2\)/,
    /--security-opt seccomp=unconfined/,
  ],
  [
    'a filter that says ENOSYS',
    'map',
    ENOSYS,
    { ...able, ...container, filtered: true },
    /seccomp filter forbids bpf/,
    /seccomp=unconfined/,
  ],
  ['a kernel without BPF', 'map', ENOSYS, root, /built without bpf\(2\)/, /CONFIG_BPF_SYSCALL/],
  [
    'a kernel without perf events',
    'event',
    ENOSYS,
    root,
    /built without perf_event_open\(2\)/,
    /CONFIG_PERF_EVENTS/,
  ],
  [
    'a kernel before ring buffers',
    'map',
    EINVAL,
    { ...root, release: '5.4.0-150-generic' },
    /Linux 5\.4\.0-150-generic is too old/,
    /5\.8 or later/,
  ],
  ['a kernel of long ago', 'map', EPERM, { release: '4.19.0' }, /4\.19\.0 is too old/, /5\.8/],
  [
    "the level of Debian's own",
    'event',
    EACCES,
    { ...able, perfEventParanoid: 3 },
    /perf_event_paranoid is 3, which asks for CAP_SYS_ADMIN/,
    /sysctl kernel\.perf_event_paranoid=2`,/,
  ],
  [
    "the level of Ubuntu's own, in a container",
    'event',
    EACCES,
    { ...able, ...container, perfEventParanoid: 4 },
    /perf_event_paranoid is 4/,
    /on the host/,
  ],
  [
    'locked memory, before 5.11',
    'map',
    EPERM,
    { ...able, release: '5.10.0-28-amd64' },
    /locked memory/,
    /ulimit -l unlimited/,
  ],
  [
    'locked memory in a container',
    'map',
    EPERM,
    { ...able, ...container, release: '5.8.0' },
    /locked memory/,
    /--ulimit memlock=-1/,
  ],
  [
    'lockdown',
    'verify',
    EPERM,
    { ...root, lockdown: 'confidentiality' },
    /locked down \(confidentiality\)/,
    /without it/,
  ],
  [
    'lockdown, of a helper',
    'verify',
    EINVAL,
    { ...root, lockdown: 'confidentiality' },
    /locked down/,
    /Secure Boot/,
  ],
  ['SELinux', 'event', EACCES, root, /security module .* forbids perf_event_open/, /ausearch/],
  ['too many files', 'event', EMFILE, root, /too many files/, /ulimit -n/],
  ['no memory', 'map', ENOMEM, root, /no memory/, /memory limit/],
  [
    'a verifier that does not know the program',
    'verify',
    EINVAL,
    root,
    /Linux 6\.1\.0-18-amd64 does not accept .*EINVAL/,
    /report/,
  ],
  [
    'a verifier that does not accept what the program does',
    'verify',
    EACCES,
    root,
    /does not accept .*EACCES/,
    /report/,
  ],
  ['a damaged program', 'image', ENOEXEC, root, /damaged/, /npm run build/],
  ['what nobody has foreseen', 'event', ESRCH, root, /perf_event_open\(2\) failed: ESRCH/, /report/],
];

for (const [situation, step, errno, facts, reason, remedy] of situations) {
  test(`the kernel reader is refused: ${situation}`, () => {
    const why = explainKernelRefusal({ step, errno }, { ...plain, ...facts });
    assert.match(why.reason, reason);
    assert.match(why.remedy, remedy);
    for (const text of Object.values(why))
      assert.doesNotMatch(text, /\n|\.$/, 'one sentence, without its end');
  });
}

test('what this machine itself says is read', () => {
  // Whatever it is, nothing of it makes this file a good one.
  assert.match(kernelRefused({ step: 'image', errno: ENOEXEC }).reason, /damaged/);
  // And a kernel without the call is none that is locked, or too old.
  assert.match(kernelRefused({ step: 'map', errno: ENOSYS }).reason, /bpf\(2\)/);
});
