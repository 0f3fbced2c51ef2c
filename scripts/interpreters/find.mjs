import { execFile } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { freeThreadedPrefix, sidRoot, supportedMinors } from './places.mjs';

const run = promisify(execFile);

/**
 * @typedef {object} Interpreter
 * @property {string} version as in "3.14.10"
 * @property {number} minor
 * @property {readonly string[]} command starts it; the process that it starts is the interpreter itself
 * @property {string} executable as a path inside `root`
 * @property {boolean} freeThreaded
 * @property {string} root the directory that it sees as `/`
 * @property {boolean} sharedLibrary the interpreter is in a libpython of its own, not in the executable
 */

/**
 * @typedef {object} Missing
 * @property {string} version as in "3.14", or "3.13t"
 * @property {string} reason
 * @property {boolean} required one of the supported versions, which have to be there where everything is tested
 */

/**
 * Looks for the CPythons of this machine: `HEAVYOPS_PYTHONS` (paths, separated by colons), pyenv's versions,
 * `python3.N` on PATH, and what `interpreters.mjs --install` brought. It starts each once, to ask it what it is.
 *
 * @returns {Promise<{ interpreters: readonly Interpreter[], missing: readonly Missing[] }>} oldest first
 */
export async function findInterpreters() {
  const asked = await Promise.all(candidates().map(ask));
  const found = new Map();
  for (const interpreter of asked) {
    if (interpreter === undefined || !supportedMinors.includes(interpreter.minor)) continue;
    const key = join(interpreter.root, interpreter.executable);
    if (!found.has(key)) found.set(key, interpreter);
  }
  const interpreters = [...found.values()].sort(byVersion);
  return { interpreters, missing: missingFrom(interpreters) };
}

/** How an interpreter is called, as in "3.14.10" or "3.13.0t". @param {Pick<Interpreter, 'version' | 'freeThreaded'>} interpreter */
export function versionOf({ version, freeThreaded }) {
  return `${version}${freeThreaded ? 't' : ''}`;
}

/** @typedef {{ command: readonly string[], root: string }} Candidate */

/** @returns {readonly Candidate[]} */
function candidates() {
  const here = [...named(), ...pyenv(), ...onPath(), join(freeThreadedPrefix, 'bin', 'python3.13t')];
  return [
    ...here.filter((path) => existsSync(path)).map((path) => ({ command: [path], root: '/' })),
    ...(process.getuid?.() === 0 ? inSidRoot() : []),
  ];
}

function named() {
  return (process.env.HEAVYOPS_PYTHONS ?? '').split(delimiter).filter((path) => path !== '');
}

function pyenv() {
  const versions = join(process.env.PYENV_ROOT || join(homedir(), '.pyenv'), 'versions');
  if (!existsSync(versions)) return [];
  return readdirSync(versions).map((version) => join(versions, version, 'bin', 'python3'));
}

function onPath() {
  const directories = (process.env.PATH ?? '').split(delimiter).filter((directory) => !isShims(directory));
  return directories.flatMap((directory) =>
    supportedMinors.map((minor) => join(directory, `python3.${minor}`)),
  );
}

/** pyenv's shims are shell scripts that stand for an interpreter which is found where it is.
 * @param {string} directory */
function isShims(directory) {
  return /[/\\]shims[/\\]?$/.test(directory);
}

/** @returns {readonly Candidate[]} */
function inSidRoot() {
  return supportedMinors
    .map((minor) => `/usr/bin/python3.${minor}`)
    .filter((path) => existsSync(join(sidRoot, path)))
    .map((path) => ({ command: ['chroot', sidRoot, path], root: sidRoot }));
}

/** What an interpreter says about itself. `/proc` may be missing inside a root. */
const question = `
import json, sys
try:
    with open('/proc/self/maps') as maps:
        shared = 'libpython3' in maps.read()
except OSError:
    shared = False
print(json.dumps({
    'implementation': sys.implementation.name,
    'version': '%d.%d.%d' % sys.version_info[:3] + ('' if sys.version_info[3] == 'final' else sys.version.split()[0].lstrip('0123456789.')),
    'minor': sys.version_info[1],
    'executable': sys.executable,
    'freeThreaded': 't' in sys.abiflags,
    'sharedLibrary': shared,
}))`;

/** @param {Candidate} candidate @returns {Promise<Interpreter | undefined>} nothing when it does not run */
async function ask({ command, root }) {
  const [program = '', ...args] = command;
  try {
    const { stdout } = await run(program, [...args, '-I', '-S', '-c', question], { timeout: 20_000 });
    const { implementation, ...answer } = JSON.parse(stdout);
    if (implementation !== 'cpython') return undefined;
    const executable = root === '/' ? realpathSync(answer.executable) : answer.executable;
    return { ...answer, executable, command: root === '/' ? [executable] : command, root };
  } catch {
    return undefined;
  }
}

/** @param {Interpreter} a @param {Interpreter} b */
function byVersion(a, b) {
  return (
    a.minor - b.minor ||
    Number(a.freeThreaded) - Number(b.freeThreaded) ||
    a.version.localeCompare(b.version, 'en', { numeric: true })
  );
}

/** @param {readonly Interpreter[]} interpreters @returns {readonly Missing[]} */
function missingFrom(interpreters) {
  const usual = interpreters.filter(({ freeThreaded }) => !freeThreaded).map(({ minor }) => minor);
  const missing = supportedMinors
    .filter((minor) => !usual.includes(minor))
    .map((minor) => ({ version: `3.${minor}`, reason: reasonFor(minor), required: true }));
  if (interpreters.some(({ freeThreaded }) => freeThreaded)) return missing;
  const reason =
    'the free-threaded build is not there; `node scripts/interpreters.mjs --free-threaded` builds it';
  return [...missing, { version: '3.13t', reason, required: false }];
}

/** @param {number} minor */
function reasonFor(minor) {
  if (existsSync(join(sidRoot, `/usr/bin/python3.${minor}`))) {
    return process.getuid?.() === 0
      ? `python3.${minor} in ${sidRoot} does not run`
      : `it is in ${sidRoot}, and only root may enter that`;
  }
  const help =
    minor >= 13
      ? 'as root, `node scripts/interpreters.mjs --install` brings it'
      : `\`pyenv install 3.${minor}\` brings it`;
  return `no python3.${minor} among pyenv's versions, on PATH or in HEAVYOPS_PYTHONS; ${help}`;
}
