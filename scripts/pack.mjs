/**
 * Makes what the npm package ships: builds everything, and puts the addon, stripped, where it is found without an
 * install script. `npm pack` and `npm publish` run this first.
 *
 *   node scripts/pack.mjs                builds, then makes the binary
 *   node scripts/pack.mjs --no-build     makes the binary of what is built already
 */
import './check-node.mjs';
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setup } from './setup.mjs';
import { fail, isOnPath, root, step } from './steps.mjs';

const built = join(root, 'build/Release/heavyops.node');
const shipped = join(root, 'prebuilds/linux-x64/heavyops.node');

async function main() {
  if (!process.argv.includes('--no-build')) await setup();
  mkdirSync(dirname(shipped), { recursive: true });
  if (isOnPath('strip'))
    await step('stripping the addon', ['strip', '--strip-unneeded', '-o', shipped, built]);
  else copyFileSync(built, shipped);
}

await main().catch(fail);
