/**
 * Builds the native code without Node together with the tests in test/native/, and runs these under sanitizers:
 * all of them with those for addresses and undefined behaviour, and those of the sampling thread with the one for
 * data races. Then it samples recorded images of interpreters' memory that are damaged at random.
 *
 *   node scripts/sanitizers.mjs [NAME…]   compiles what has changed, runs all, or `address`, `thread`, `fuzz` alone
 *   HEAVYOPS_SEED=N …                     other garbage for the tests of memory that is garbage
 *   HEAVYOPS_FUZZ=N …                     so many damaged ticks of recorded images; 100,000 by default
 *   HEAVYOPS_FUZZ_RUN=IMAGE/NUMBER …      only the run that failed, as its message says
 */
import './check-node.mjs';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { arch } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { checkCompiler } from './setup/requirements.mjs';
import { fail, isOnPath, root, StepFailed, step } from './steps.mjs';

const output = join(root, 'build/sanitize');
const common = ['-std=c++17', '-g', '-O1', '-fno-omit-frame-pointer', '-pthread'];
const warnings = ['-Wall', '-Wextra', '-Werror', '-Wno-missing-field-initializers'];
const includes = ['-Inative', '-Itest/native'];
const jobs = 2;

/** Of interpreters' memory, one file each; `node scripts/record-images.mjs` makes them. */
export const imagesDirectory = join(root, 'test/native/images');

/** What is compiled and linked together, how, and what it is given: a word that the sentences of its tests have. */
const variants = [
  {
    name: 'address',
    title: 'the address and undefined behaviour sanitizers',
    flags: ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
    link: [],
    tests: /^test\/native\/\w+\.cc$/,
    words: () => [''],
  },
  {
    name: 'thread',
    title: 'the thread sanitizer',
    flags: ['-fsanitize=thread'],
    link: [],
    tests: /native\/(main|fake_layout|fake_python|concurrency_test)\.cc$/,
    words: () => ['concurrently'],
  },
  {
    name: 'fuzz',
    title: 'the same with damaged images',
    flags: ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-O2'],
    // Memory and time are the test's own: test/native/fuzz/kernel.h.
    link: ['-Wl,--wrap=process_vm_readv,--wrap=clock_gettime'],
    tests: /^test\/native\/fuzz\//,
    words: images,
  },
];

const sanitizerOptions = {
  // What has been freed is kept for a while, which must not look like memory that grows.
  ASAN_OPTIONS: 'quarantine_size_mb=16:detect_stack_use_after_return=1',
  UBSAN_OPTIONS: 'print_stacktrace=1',
  TSAN_OPTIONS: 'halt_on_error=1',
};

/**
 * @param {readonly string[]} [names] of the variants; all by default
 * @throws StepFailed with what the compiler, a sanitizer or a test says
 */
export async function testWithSanitizers(names = variants.map(({ name }) => name)) {
  checkCompiler();
  for (const name of names) {
    const program = await build(name);
    const { title, words } = variantOf(name);
    await step(`testing the native code under ${title}`, [...fixedAddresses(), program, ...words()], {
      env: { ...process.env, ...sanitizerOptions },
    });
  }
}

/** @param {string} name of the variant @returns {Promise<string>} the program */
export async function build(name) {
  const { title, flags, link, tests } = variantOf(name);
  mkdirSync(output, { recursive: true });
  const command = [...compiler(), ...common, ...flags];
  const objects = sources(tests).map((path) => ({ path, object: objectOf(name, path, command) }));
  const program = join(output, `${name}-${hash([...link, ...objects.map(({ object }) => object)])}`);
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
  const linked = [...command, ...objects.map(({ object }) => object), ...link, '-o', program];
  await step(`linking for ${title}`, linked);
  forgetOlder(name, [program, ...objects.map(({ object }) => object)]);
  return program;
}

/** @param {string} name */
function variantOf(name) {
  const variant = variants.find((candidate) => candidate.name === name);
  if (variant === undefined) throw new StepFailed(`there is no variant ${name} of the native tests`);
  return variant;
}

/** The recorded images, unpacked. */
function images() {
  const packed = readdirSync(imagesDirectory).filter((file) => file.endsWith('.br'));
  return packed.map((file) => {
    const image = join(output, basename(file, '.br'));
    writeFileSync(image, brotliDecompressSync(readFileSync(join(imagesDirectory, file))));
    return image;
  });
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
  const names = process.argv.slice(2);
  await testWithSanitizers(names.length === 0 ? undefined : names);
  console.error('heavyops: the native tests pass under sanitizers');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main().catch(fail);
