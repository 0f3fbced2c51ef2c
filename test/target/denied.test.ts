import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DenialFacts, explainDenial } from '../../src/target/denied.js';

const plain: DenialFacts = {
  pid: 77,
  ourUser: 1000,
  targetUser: 1000,
  mayTraceOthers: false,
  ptraceScope: 0,
  sameUserNamespace: true,
  inContainer: false,
  targetUndumpable: false,
};

/** A situation, what the message has to name as its reason, and what the hint has to offer. */
const situations: readonly (readonly [string, Partial<DenialFacts>, RegExp, RegExp])[] = [
  [
    'a process of another user',
    { targetUser: 54321 },
    /belongs to user 54321/,
    /sudo -u '#54321' heavyops.*sudo heavyops/,
  ],
  ['a process of root', { targetUser: 0 }, /belongs to root/, /sudo heavyops/],
  [
    'another user in a container',
    { targetUser: 0, inContainer: true },
    /belongs to root/,
    /--cap-add=SYS_PTRACE/,
  ],
  [
    'ptrace_scope 1',
    { ptraceScope: 1 },
    /ptrace_scope is 1/,
    /sudo heavyops.*sysctl kernel.yama.ptrace_scope=0.*heavyops run/,
  ],
  [
    'ptrace_scope 2',
    { ptraceScope: 2 },
    /ptrace_scope is 2, which only allows it to root/,
    /sudo heavyops.*ptrace_scope=0/,
  ],
  ['ptrace_scope 3', { ptraceScope: 3 }, /ptrace_scope is 3/, /restart/],
  [
    'ptrace_scope 3 as root',
    { ourUser: 0, mayTraceOthers: true, ptraceScope: 3 },
    /ptrace_scope is 3/,
    /restart/,
  ],
  [
    'root without the capability',
    { ourUser: 0, targetUser: 0, inContainer: true },
    /lacks CAP_SYS_PTRACE/,
    /--cap-add=SYS_PTRACE.*securityContext.*--pid=container:NAME/,
  ],
  [
    'a process that is not dumpable',
    { targetUndumpable: true, ptraceScope: 1 },
    /does not let its own user/,
    /sudo heavyops/,
  ],
  [
    'another user namespace',
    { ourUser: 0, mayTraceOthers: true, sameUserNamespace: false },
    /another user namespace/,
    /on the host as root/,
  ],
  [
    'another user namespace as the same user',
    { sameUserNamespace: false },
    /another user namespace/,
    /inside that container/,
  ],
  [
    'a security module',
    { ourUser: 0, mayTraceOthers: true },
    /even with CAP_SYS_PTRACE/,
    /seccomp.*AppArmor/,
  ],
  ['no known reason', {}, /rights that heavyops has not/, /sudo heavyops/],
];

for (const [name, facts, message, hint] of situations) {
  test(`${name}: the reason and its remedy are named`, () => {
    const error = explainDenial({ ...plain, ...facts });
    assert.equal(error.code, 'PERMISSION_DENIED');
    assert.match(error.message, /process 77/);
    assert.match(error.message, message);
    assert.match(error.hint, hint);
  });
}
