/**
 * Has heavyops sample every CPython of this machine from inside other kernels: boots each one in an emulated machine
 * (QEMU) that sees this one's files, read-only, and runs scripts/try-kernels/guest.mjs there. Kernels are Debian's packages
 * for x86-64; from Linux 6.17 on one kernel is two of them, `linux-binary-…` and `linux-modules-…`.
 *
 *   apt-get download linux-image-6.1.0-56-amd64
 *   node scripts/try-kernels.mjs linux-image-6.1.0-56-amd64_*.deb [PACKAGE.deb…] [-- COMMAND…]
 *
 * With a command it runs that one in the checkout there, for instance
 * `-- node --test dist/test/integration/kernel-ends.test.js`. The files are unpacked into build/kernels/.
 */
import './check-node.mjs';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fail, isOnPath, root, StepFailed, step } from './steps.mjs';
import { describeMachine } from './test/machine.mjs';
import { boot } from './try-kernels/boot.mjs';

/** Of each program that is needed, the package that brings it. */
const needed = {
  'qemu-system-x86_64': 'qemu-system-x86',
  busybox: 'busybox-static',
  cpio: 'cpio',
  xz: 'xz-utils',
};
const unpacked = join(root, 'build/kernels');

async function main() {
  const end = process.argv.indexOf('--');
  const packages = process.argv.slice(2, end < 0 ? undefined : end);
  const command = end < 0 ? [process.execPath, 'scripts/try-kernels/guest.mjs'] : process.argv.slice(end + 1);
  if (packages.length === 0 || command.length === 0)
    throw new StepFailed('usage: node scripts/try-kernels.mjs PACKAGE.deb… [-- COMMAND…]');
  for (const [program, its] of Object.entries(needed)) {
    if (!isOnPath(program))
      throw new StepFailed(`there is no ${program} here; \`apt-get install ${its}\` brings it`);
  }
  mkdirSync(unpacked, { recursive: true });
  const machine = join(unpacked, 'machine.json');
  const described = await describeMachine();
  writeFileSync(machine, JSON.stringify(described));
  const roots = new Set(described.interpreters.map((interpreter) => interpreter.root));
  const failed = [];
  for (const release of await unpack(packages)) {
    console.log(`Linux ${release}`);
    const status = await boot(kernelOf(release), { command, machine, roots: [...roots] });
    if (status !== 0) failed.push(`${release} (${status})`);
  }
  if (failed.length > 0) throw new StepFailed(`failed on ${failed.join(', ')}`);
}

/** @param {readonly string[]} packages @returns {Promise<readonly string[]>} the names of the kernels in them */
async function unpack(packages) {
  const releases = new Set();
  for (const file of packages) {
    const release = /^linux-(?:image|binary|modules)-(?:unsigned-)?([^_]+)_.*\.deb$/.exec(
      basename(file),
    )?.[1];
    if (release === undefined) throw new StepFailed(`${file} is no package of a kernel, by its name`);
    releases.add(release);
    await step(`unpacking ${basename(file)}`, ['dpkg-deb', '-x', file, join(unpacked, release)], {
      cwd: process.cwd(),
    });
  }
  return [...releases];
}

/** @param {string} release */
function kernelOf(release) {
  const folder = join(unpacked, release);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file));
  const image = files.find((file) => basename(file).startsWith('vmlinuz'));
  if (image === undefined) throw new StepFailed(`the packages of ${release} bring no image of it`);
  return { image, files, folder };
}

await main().catch(fail);
