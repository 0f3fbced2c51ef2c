import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, step } from '../steps.mjs';
import { headersOfNode } from './node-headers.mjs';
import { checkCompiler, pythonForGyp } from './requirements.mjs';
import { buildWithoutGyp } from './without-gyp.mjs';

const built = ['heavyops.node', 'heavyops-count.node'].map((name) => join(root, 'build/Release', name));
const stamp = join(root, 'build/addon.sha256');

/** Builds the addon and the counter when their sources, its build file, Node or the compiler's settings have changed. */
export async function buildAddon() {
  const state = fingerprint();
  if (built.every((file) => existsSync(file)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === state)
    return;
  checkCompiler();
  const command = await gyp(root, ['configure', 'build']);
  if (command === undefined) await buildWithoutGyp(headersOfNode());
  else await step('building the addon', command);
  writeFileSync(stamp, state);
}

/**
 * The command that runs node-gyp's commands in a package's directory; undefined where no Python is new enough.
 *
 * @param {string} directory
 * @param {readonly string[]} commands
 */
export async function gyp(directory, commands) {
  const python = await pythonForGyp();
  if (python === undefined) return undefined;
  const headers = headersOfNode();
  return [
    ...[process.execPath, join(root, 'node_modules/node-gyp/bin/node-gyp.js'), ...commands],
    ...['--directory', directory, '--python', python],
    ...(headers === undefined ? [] : ['--nodedir', headers]),
  ];
}

/** Changes when the addon has to be built again. */
function fingerprint() {
  const hash = createHash('sha256');
  const native = readdirSync(join(root, 'native'), { recursive: true, encoding: 'utf8' });
  const sources = native.filter((path) => /\.(cc|h|c)$/.test(path)).map((path) => join('native', path));
  for (const path of ['binding.gyp', ...sources].sort())
    hash.update(`${path}\0`).update(readFileSync(join(root, path)));
  const headers = readFileSync(join(root, 'node_modules/node-addon-api/package.json'));
  const { CXX, CXXFLAGS, LDFLAGS } = process.env;
  return hash
    .update(headers)
    .update(JSON.stringify([process.version, process.arch, CXX, CXXFLAGS, LDFLAGS]))
    .digest('hex');
}
