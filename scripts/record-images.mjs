/**
 * Records what a sampler reads of the interpreters of this machine, for the fuzz test of the native code
 * (test/native/fuzz/): `node scripts/record-images.mjs [VERSION…]`, as in 3.13. The images are in test/native/images/;
 * they are to be recorded anew when native/layout.h gets a field, and may be when the sampler reads other things.
 */
import './check-node.mjs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, constants } from 'node:zlib';
import { findInterpreters } from './interpreters/find.mjs';
import { build, imagesDirectory } from './sanitizers.mjs';
import { fail, passThrough, root, StepFailed } from './steps.mjs';

const instants = 6;
const directory = join(root, 'build', 'images');

async function main() {
  const asked = process.argv.slice(2);
  const program = await build('fuzz');
  mkdirSync(directory, { recursive: true });
  const { interpreters } = await findInterpreters();
  const newest = new Map(interpreters.map((one) => [nameOf(one), one]));
  for (const [name, interpreter] of newest) {
    if (asked.length === 0 || asked.includes(name)) await record(program, name, interpreter);
  }
}

/** @param {import('./interpreters/find.mjs').Interpreter} interpreter */
function nameOf({ minor, freeThreaded }) {
  return `3.${minor}${freeThreaded ? 't' : ''}`;
}

/**
 * @param {string} program
 * @param {string} name
 * @param {import('./interpreters/find.mjs').Interpreter} interpreter
 */
async function record(program, name, interpreter) {
  const file = join(directory, `${name}.image`);
  const child = await start(interpreter);
  const pid = child.pid ?? 0;
  try {
    writeFileSync(file, await configuration(name, pid));
    for (let instant = 0; instant < instants; instant++) {
      process.kill(pid, 'SIGSTOP');
      await sleep(50); // Every thread has to come to a halt.
      const code = await passThrough([program, 'record', String(pid), file]);
      process.kill(pid, 'SIGCONT');
      if (code !== 0) throw new StepFailed(`the memory of Python ${name} was not recorded`);
      await sleep(30 + 7 * instant);
    }
  } finally {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  const text = withoutPlaces(readFileSync(file, 'utf8'));
  const compressed = brotliCompressSync(text, {
    params: { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: text.length },
  });
  mkdirSync(imagesDirectory, { recursive: true });
  writeFileSync(join(imagesDirectory, `${name}.image.br`), compressed);
  console.error(`heavyops: ${name}: ${text.length} bytes, ${compressed.length} compressed`);
}

/** Code objects from standard input have no path in them. @param {import('./interpreters/find.mjs').Interpreter} one */
async function start({ command }) {
  const [python = '', ...args] = command;
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', python, ...args, '-I', '-S', '-'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: '/',
    env: { PATH: process.env.PATH, PYTHONDONTWRITEBYTECODE: '1' },
  });
  child.stdin.end(readFileSync(join(root, 'test/targets/images.py')));
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'close').then(() => {
      throw new StepFailed(`${python} ended before it was ready`);
    }),
  ]);
  return child;
}

/** As test/native/fuzz/image.cc reads it. @param {string} name @param {number} pid */
async function configuration(name, pid) {
  const { openTarget } = await import('../dist/src/target/target.js');
  const { samplerConfig } = await import('../dist/src/session/sampler-config.js');
  const config = samplerConfig(await openTarget(pid), { rate: 1000 });
  return [
    `name ${name}`,
    `interpreters_head ${config.interpretersHead.toString(16)}`,
    `gil_holder ${config.gilHolder.toString(16)}`,
    `gil ${config.gil.toString(16)}`,
    ...Object.entries(config.layout).map(([field, value]) => `layout ${field} ${value}`),
    `cache_entries ${config.cacheEntries.join(' ')}`,
    `opcode_flags ${config.opcodeFlags.join(' ')}`,
    '',
  ].join('\n');
}

/** Paths of this machine, which can lie beside what is read, become other text of the same length. @param {string} text */
function withoutPlaces(text) {
  const hex = (/** @type {string} */ words) => Buffer.from(words).toString('hex');
  const places = [process.env.HOME, root.replace(/\/$/, '')].filter((place) => place);
  return places.reduce((now, place) => now.replaceAll(hex(place), hex('-'.repeat(place.length))), text);
}

await main().catch(fail);
