import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findInterpreters } from '../interpreters/find.mjs';
import { supportedMinors } from '../interpreters/places.mjs';
import { kernelProgram } from '../setup/kernel-program.mjs';
import { isOnPath } from '../steps.mjs';
import { areFfiPackagesBuilt } from './ffi-packages.mjs';

/**
 * @typedef {object} Part something that tests need
 * @property {string} what
 * @property {string} [leftOut] why it is not there
 * @property {boolean} required where everything is tested it has to be there
 */

/** @typedef {Awaited<ReturnType<typeof findInterpreters>> & { parts: readonly Part[] }} Machine */

/** What of the things that tests need this machine has. @returns {Promise<Machine>} */
export async function describeMachine() {
  const found = await findInterpreters();
  /** @param {string} version */
  const reason = (version) => found.missing.find((missing) => missing.version === version)?.reason;
  const supported = supportedMinors.map((minor) => `3.${minor}`);
  const parts = [
    ...supported.map((version) => part(`CPython ${version}`, reason(version))),
    { ...part('free-threaded CPython 3.13', reason('3.13t')), required: false },
    ...['chromium', 'clang-format'].map((program) => part(program, lackOf(program))),
    part(
      'a second reader of memory, through FFI',
      areFfiPackagesBuilt() ? undefined : 'its packages are not built',
    ),
    {
      ...part('the program of the kernel reader', lackOfKernelProgram()),
      required: process.getuid?.() === 0,
    },
    { ...part('permission for the kernel reader', lackOfPermission()), required: false },
  ];
  return { ...found, parts };
}

/** @param {string} what @param {string | undefined} leftOut @returns {Part} */
function part(what, leftOut) {
  return leftOut === undefined ? { what, required: true } : { what, leftOut, required: true };
}

/** @param {string} program whose Debian package has the same name */
function lackOf(program) {
  return isOnPath(program) ? undefined : `not installed; \`apt-get install ${program}\` brings it`;
}

function lackOfKernelProgram() {
  return existsSync(kernelProgram)
    ? undefined
    : 'not built; `apt-get install clang`, then `npm run build` brings it';
}

/** See docs/privileges.md: CAP_BPF (39) and CAP_PERFMON (38), or CAP_SYS_ADMIN (21), of the first user namespace. */
function lackOfPermission() {
  const [, digits = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  const has = (/** @type {bigint} */ ...numbers) =>
    numbers.every((number) => ((BigInt(`0x${digits}`) >> number) & 1n) === 1n);
  if (!has(39n, 38n) && !has(21n)) return 'it asks for CAP_BPF and CAP_PERFMON; root has them';
  const users = readFileSync('/proc/self/uid_map', 'utf8').trim();
  return /^0\s+0\s+4294967295$/.test(users) ? undefined : 'capabilities of this user namespace do not count';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await describeMachine()));
