import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from '../steps.mjs';
import { start } from './process.mjs';

/** @typedef {import('../interpreters/find.mjs').Interpreter} Interpreter */

/**
 * A folder that both this process and those inside an interpreter's root can name.
 *
 * @typedef {object} Folder
 * @property {(name: string) => string} here
 * @property {(name: string) => string} inside
 */

/** @type {Set<string>} */
const folders = new Set();

/** @param {string} rootOf @returns {Folder} */
export function folderIn(rootOf) {
  const path = mkdtempSync(join(rootOf, 'tmp', 'heavyops-bench-'));
  folders.add(path);
  return { here: (name) => join(path, name), inside: (name) => join('/tmp', basename(path), name) };
}

/** Deletes every folder that was made here. */
export function removeFolders() {
  for (const path of folders) rmSync(path, { recursive: true, force: true });
  folders.clear();
}

/**
 * @typedef {object} Target
 * @property {number} pid
 * @property {Interpreter} interpreter
 * @property {Folder} folder
 * @property {() => Promise<void>} stop
 */

/**
 * Starts one of the programs of test/targets or scripts/bench/targets, and waits until it says that it is ready.
 *
 * @param {Interpreter} interpreter
 * @param {string} program as in "test/targets/depth.py"
 * @param {readonly (string | ((folder: Folder) => string))[]} args
 * @returns {Promise<Target>}
 */
export async function startTarget(interpreter, program, args) {
  const folder = folderIn(interpreter.root);
  copyFileSync(join(root, program), folder.here(basename(program)));
  const words = args.map((arg) => (typeof arg === 'string' ? arg : arg(folder)));
  const started = await start([...interpreter.command, folder.inside(basename(program)), ...words], {
    env: { PYTHONDONTWRITEBYTECODE: '1' },
  });
  await started.said(/^ready/m);
  return {
    pid: started.pid,
    interpreter,
    folder,
    stop: async () => {
      started.kill('SIGKILL');
      await started.ended;
    },
  };
}
