/**
 * Builds the native code without Node, with the address and undefined behaviour sanitizers, together with the
 * tests in test/native/, and runs these.
 */
import './check-node.mjs';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkCompiler } from './setup/requirements.mjs';
import { fail, root, step } from './steps.mjs';

const output = join(root, 'build/sanitize');
const program = join(output, 'native-tests');
const flags = ['-std=c++17', '-g', '-O1', '-fno-omit-frame-pointer', '-fsanitize=address,undefined'];
const strict = ['-fno-sanitize-recover=all', '-pthread', '-Inative', '-Itest/native', '-Wall', '-Wextra'];
const quiet = ['-Wno-missing-field-initializers'];

/** @throws StepFailed with what the compiler, a sanitizer or a test says */
export async function testWithSanitizers() {
  if (!existsSync(join(root, 'test/native'))) return;
  checkCompiler();
  await build();
  await step('testing the native code under sanitizers', [program], {
    env: { ...process.env, UBSAN_OPTIONS: 'print_stacktrace=1' },
  });
}

async function build() {
  mkdirSync(output, { recursive: true });
  const state = fingerprint();
  const stamp = join(output, 'sources.sha256');
  if (existsSync(program) && existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return;
  const objects = await compileAll(sources());
  await step('linking the sanitized tests', [...compiler(), ...flags, ...strict, ...objects, '-o', program]);
  writeFileSync(stamp, state);
}

/** @param {readonly string[]} paths @returns {Promise<readonly string[]>} the object files */
async function compileAll(paths) {
  const waiting = [...paths];
  const objects = paths.map(objectOf);
  const worker = async () => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      const command = [...compiler(), ...flags, ...strict, ...quiet, '-c', path, '-o', objectOf(path)];
      await step(`compiling ${path} with sanitizers`, command);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return objects;
}

/** @param {string} path */
function objectOf(path) {
  return join(output, `${path.replaceAll('/', '.')}.o`);
}

function compiler() {
  return (process.env.CXX || 'g++').split(' ');
}

/** All of the native code but the boundary, which needs a running Node. */
function sources() {
  return files(/\.cc$/).filter(
    (path) => !/"binding\.h"|napi\.h/.test(readFileSync(join(root, path), 'utf8')),
  );
}

/** @param {RegExp} pattern */
function files(pattern) {
  return ['native', 'test/native'].flatMap((directory) =>
    readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
      .filter((path) => pattern.test(path))
      .map((path) => join(directory, path))
      .sort(),
  );
}

function fingerprint() {
  const hash = createHash('sha256').update(JSON.stringify([compiler(), flags, strict]));
  for (const path of files(/\.(cc|h)$/)) hash.update(`${path}\0`).update(readFileSync(join(root, path)));
  return hash.digest('hex');
}

async function main() {
  await testWithSanitizers();
  const there = existsSync(program);
  console.error(
    there ? 'heavyops: the native tests pass under sanitizers' : 'heavyops: there are no native tests',
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main().catch(fail);
