import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gyp } from '../setup/addon.mjs';
import { root, StepFailed, step } from '../steps.mjs';

const packages = ['@2060.io/ref-napi', '@2060.io/ffi-napi'];
const require = createRequire(import.meta.url);

/**
 * Builds the native part of the packages with which the tests read memory a second way. npm would do it in an
 * install script; the published packages hold no binary for every Node.
 */
export async function buildFfiPackages() {
  for (const name of packages.filter((name) => !isBuilt(name))) {
    const directory = join(root, 'node_modules', name);
    const command = await gyp(directory, ['rebuild']);
    if (command === undefined) throw new StepFailed(`${name} needs Python 3.8 or later to build`);
    await step(`building ${name} for the tests`, command);
  }
}

export function areFfiPackagesBuilt() {
  return packages.every(isBuilt);
}

/** Whether node-gyp-build, which the package loads its binary with, finds one. @param {string} name */
function isBuilt(name) {
  const findBinary = require('node-gyp-build').path;
  try {
    findBinary(dirname(require.resolve(`${name}/package.json`)));
    return true;
  } catch {
    return false;
  }
}
