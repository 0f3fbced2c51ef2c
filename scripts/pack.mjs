/**
 * Makes what the npm package ships: builds everything, and puts the addon, stripped, and the kernel reader's program where
 * they are found without an install script. `npm pack` and `npm publish` run this first.
 *
 *   node scripts/pack.mjs                builds, then makes the binary
 *   node scripts/pack.mjs --no-build     makes the binary of what is built already
 */
import './check-node.mjs';
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { kernelProgram } from './setup/kernel-program.mjs';
import { setup } from './setup.mjs';
import { fail, isOnPath, root, StepFailed, step } from './steps.mjs';

const built = join(root, 'build/Release');
const prebuilt = join(root, 'prebuilds/linux-x64');
/** The addon, and the library that counts inside an interpreter. */
const libraries = ['heavyops.node', 'heavyops-count.node'];
const shippedProgram = join(root, 'prebuilds/linux-x64/kernel-program.bin');

async function main() {
  const builds = !process.argv.includes('--no-build');
  if (builds) await setup();
  mkdirSync(prebuilt, { recursive: true });
  for (const name of libraries) {
    const [from, to] = [join(built, name), join(prebuilt, name)];
    if (isOnPath('strip')) await step(`stripping ${name}`, ['strip', '--strip-unneeded', '-o', to, from]);
    else copyFileSync(from, to);
  }
  shipKernelProgram(builds);
}

/**
 * The program is not code for this processor: there is nothing to be stripped.
 *
 * @param {boolean} isNeeded the package may not go without it
 */
function shipKernelProgram(isNeeded) {
  rmSync(shippedProgram, { force: true });
  if (existsSync(kernelProgram)) copyFileSync(kernelProgram, shippedProgram);
  else if (isNeeded) throw new StepFailed('the package would lack the kernel reader: install clang');
  else process.stderr.write('heavyops: the package is without the kernel reader, which was not built\n');
}

await main().catch(fail);
