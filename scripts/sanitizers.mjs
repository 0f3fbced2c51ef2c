/**
 * Builds the native code without Node together with the tests in test/native/, and runs these under sanitizers:
 * all of them with those for addresses and undefined behaviour, and those of the sampling thread with the one for
 * data races.
 *
 *   node scripts/sanitizers.mjs           compiles what has changed, runs all
 *   HEAVYOPS_SEED=N …                     other garbage for the test of memory that is garbage
 */
import './check-node.mjs';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkCompiler } from './setup/requirements.mjs';
import { fail, isOnPath, root, step } from './steps.mjs';

const output = join(root, 'build/sanitize');
const common = ['-std=c++17', '-g', '-O1', '-fno-omit-frame-pointer', '-pthread'];
const warnings = ['-Wall', '-Wextra', '-Werror', '-Wno-missing-field-initializers'];
const includes = ['-Inative', '-Itest/native'];
const jobs = 2;

/** What is compiled together, how, and which tests of it are run: those whose sentence has the word. */
const variants = [
  {
    name: 'address',
    title: 'the address and undefined behaviour sanitizers',
    flags: ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
    tests: /./,
    word: '',
  },
  {
    name: 'thread',
    title: 'the thread sanitizer',
    flags: ['-fsanitize=thread'],
    tests: /\/(main|fake_layout|fake_python|concurrency_test)\.cc$/,
    word: 'concurrently',
  },
];

const sanitizerOptions = {
  // What has been freed is kept for a while, which must not look like memory that grows.
  ASAN_OPTIONS: 'quarantine_size_mb=16:detect_stack_use_after_return=1',
  UBSAN_OPTIONS: 'print_stacktrace=1',
  TSAN_OPTIONS: 'halt_on_error=1',
};

/** @throws StepFailed with what the compiler, a sanitizer or a test says */
export async function testWithSanitizers() {
  checkCompiler();
  for (const variant of variants) {
    const program = await build(variant);
    await step(
      `testing the native code under ${variant.title}`,
      [...fixedAddresses(), program, variant.word],
      {
        env: { ...process.env, ...sanitizerOptions },
      },
    );
  }
}

/** @param {typeof variants[number]} variant @returns {Promise<string>} the program */
async function build({ name, title, flags, tests }) {
  mkdirSync(output, { recursive: true });
  const command = [...compiler(), ...common, ...flags];
  const objects = sources(tests).map((path) => ({ path, object: objectOf(name, path, command) }));
  const program = join(output, `${name}-${hash(objects.map(({ object }) => object))}`);
  if (existsSync(program)) return program;
  const waiting = objects.filter(({ object }) => !existsSync(object));
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const unfinished = `${next.object}.part`;
      const compile = [...command, ...warnings, ...includes, '-c', next.path, '-o', unfinished];
      await step(`compiling ${next.path} for ${title}`, compile);
      renameSync(unfinished, next.object);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  await step(`linking for ${title}`, [...command, ...objects.map(({ object }) => object), '-o', program]);
  forgetOlder(name, [program, ...objects.map(({ object }) => object)]);
  return program;
}

/** The name has all that the object is made of: a file of that name is up to date. */
function objectOf(variant, path, command) {
  const content = readFileSync(join(root, path));
  return join(
    output,
    `${variant}-${path.replaceAll('/', '.')}-${hash([...command, content, ...headers()])}.o`,
  );
}

function forgetOlder(variant, kept) {
  for (const file of readdirSync(output)) {
    if (file.startsWith(`${variant}-`) && !kept.includes(join(output, file))) rmSync(join(output, file));
  }
}

/** The thread sanitizer of GCC 12 does not start where the kernel spreads addresses wider than it knows. */
function fixedAddresses() {
  return isOnPath('setarch') ? ['setarch', arch() === 'x64' ? 'x86_64' : arch(), '--addr-no-randomize'] : [];
}

function compiler() {
  return (process.env.CXX || 'g++').split(' ');
}

/** All of the native code but the boundary, which needs a running Node. @param {RegExp} tests */
function sources(tests) {
  const native = files('native', /\.cc$/).filter(
    (path) => !/"binding\.h"|napi\.h/.test(readFileSync(join(root, path), 'utf8')),
  );
  return [...native, ...files('test/native', /\.cc$/).filter((path) => tests.test(path))];
}

function headers() {
  return ['native', 'test/native']
    .flatMap((directory) => files(directory, /\.h$/))
    .map((path) => readFileSync(join(root, path)));
}

/** @param {string} directory @param {RegExp} pattern */
function files(directory, pattern) {
  return readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
    .filter((path) => pattern.test(path))
    .map((path) => join(directory, path))
    .sort();
}

/** @param {readonly (string | Buffer)[]} parts */
function hash(parts) {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part).update('\0');
  return sum.digest('hex').slice(0, 16);
}

async function main() {
  await testWithSanitizers();
  console.error('heavyops: the native tests pass under sanitizers');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main().catch(fail);
