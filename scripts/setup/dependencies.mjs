import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { root, step } from '../steps.mjs';

/** Installs what package.json asks for, when node_modules does not hold it already. */
export async function installDependencies() {
  if (!isLocked()) return npm('install');
  if (!isInstalled()) return npm('ci');
}

/**
 * Nothing may rely on the install scripts of dependencies: whether npm runs them depends on its version and
 * settings, so it is told not to.
 *
 * @param {'ci' | 'install'} command
 */
function npm(command) {
  const quietly = ['--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  return step('installing dependencies', ['npm', command, ...quietly]);
}

/** Whether package-lock.json is there and made for this package.json. */
function isLocked() {
  if (!existsSync(join(root, 'package-lock.json'))) return false;
  const asked = read('package.json');
  const locked = read('package-lock.json').packages[''];
  return ['dependencies', 'devDependencies'].every((kind) => isDeepStrictEqual(asked[kind], locked[kind]));
}

/** Compares what npm says it installed with the lock; packages for other platforms are optional and not there. */
function isInstalled() {
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return false;
  const installed = read('node_modules/.package-lock.json').packages;
  return Object.entries(read('package-lock.json').packages).every(
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  );
}

/** @param {string} path */
function read(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}
