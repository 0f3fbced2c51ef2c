import { isOnPath, step } from '../steps.mjs';

/**
 * Programs that some tests need, and the Debian packages which bring them. clang compiles the kernel reader's program, from
 * headers of linux-libc-dev, which it depends on by way of libc6-dev.
 */
const packages = {
  chromium: 'chromium',
  clang: 'clang',
  'clang-format': 'clang-format',
  debootstrap: 'debootstrap',
  setpriv: 'util-linux',
  xz: 'xz-utils',
};

/** Installs what is missing, where that is allowed: as root, with apt. */
export async function installSystemPackages() {
  const lacking = Object.entries(packages).filter(([program]) => !isOnPath(program));
  if (lacking.length === 0 || process.getuid?.() !== 0 || !isOnPath('apt-get')) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...lacking.map(([, name]) => name)];
  await step('reading the package index', ['apt-get', 'update'], { env });
  await step('installing system packages', install, { env });
}
