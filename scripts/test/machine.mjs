import { fileURLToPath } from 'node:url';
import { findInterpreters } from '../interpreters/find.mjs';
import { supportedMinors } from '../interpreters/places.mjs';
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

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await describeMachine()));
