import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { StepFailed } from '../steps.mjs';

const gypNeeds = 8;

/** @throws StepFailed with the package that brings what is missing */
export function checkCompiler() {
  const compiler = process.env.CXX || 'g++';
  const [program = '', ...flags] = compiler.split(' ');
  const check = spawnSync(program, [...flags, '-std=c++17', '-x', 'c++', '-fsyntax-only', '-'], {
    input: '#include <string_view>\n',
  });
  if (check.error !== undefined) missing(`a C++ compiler (${compiler})`, 'build-essential', 'gcc-c++ make');
  if (check.status !== 0) missing(`C++17 in the compiler (${compiler})`, 'g++', 'gcc-c++');
  if (spawnSync('make', ['--version']).error !== undefined) missing('make', 'make', 'make');
  const library = spawnSync(program, [...flags, '-print-file-name=libstdc++.a'], { encoding: 'utf8' }).stdout;
  if (!existsSync(library.trim())) missing('the static C++ library', 'libstdc++-12-dev', 'libstdc++-static');
}

/**
 * A Python that runs node-gyp 12, which needs 3.8: the `python3` on PATH, else any other that can be found.
 *
 * @returns {Promise<string | undefined>} its path
 */
export async function pythonForGyp() {
  const script = `import sys; sys.exit(sys.version_info < (3, ${gypNeeds}))`;
  if (spawnSync('python3', ['-c', script]).status === 0) return 'python3';
  const { findInterpreters } = await import('../interpreters/find.mjs');
  const { interpreters } = await findInterpreters();
  return interpreters.find(({ root, minor }) => root === '/' && minor >= gypNeeds)?.executable;
}

/**
 * @param {string} what
 * @param {string} debian its package there
 * @param {string} fedora
 * @returns {never}
 */
function missing(what, debian, fedora) {
  throw new StepFailed(
    `${what} is missing, and the native part of heavyops cannot be built without it.\n` +
      `Debian, Ubuntu: apt-get install ${debian}\nFedora, Red Hat: dnf install ${fedora}`,
  );
}
