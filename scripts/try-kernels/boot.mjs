import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../steps.mjs';

/** What the root directory of this machine takes in that one, in an order in which most can be loaded. */
const modules = [
  ...['virtio', 'virtio_ring', 'virtio_pci_legacy_dev', 'virtio_pci_modern_dev', 'virtio_pci'],
  ...['fscache', 'netfs', '9pnet', '9pnet_virtio', '9p'],
];
const begins = 'heavyops: the command begins';
const ends = 'heavyops: the command ended with ';
const mostMinutes = 30;

/**
 * Boots a kernel, prints what a command prints in it, and switches it off.
 *
 * @param {{ image: string, files: readonly string[], folder: string }} kernel
 * @param {{ command: readonly string[], machine: string, roots: readonly string[] }} run
 * @returns {Promise<number | string>} the command's exit code, or how the machine ended without one
 */
export async function boot(kernel, run) {
  const initrd = makeInitrd(kernel, run);
  const machine = spawn(
    'qemu-system-x86_64',
    [
      ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', '3G', '-no-reboot'],
      ...['-nodefaults', '-display', 'none', '-serial', 'stdio'],
      ...['-virtfs', 'local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap'],
      // The emulated processors count the same cycles, which kernels do not believe by themselves.
      ...[
        '-kernel',
        kernel.image,
        '-initrd',
        initrd,
        '-append',
        'console=ttyS0 loglevel=3 panic=-1 tsc=reliable',
      ],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], timeout: mostMinutes * 60_000, killSignal: 'SIGKILL' },
  );
  process.once('exit', () => machine.kill('SIGKILL'));
  let shown = false;
  let status;
  for await (const line of createInterface({ input: machine.stdout })) {
    if (line.startsWith(ends)) status = Number.parseInt(line.slice(ends.length), 10);
    else if (shown && status === undefined) console.log(line);
    shown ||= line.includes(begins);
  }
  return status ?? 'it did not come to the end of the command';
}

/** The first files that the kernel sees: modules, a shell, and a script for it. */
function makeInitrd({ files, folder }, run) {
  const tree = join(folder, 'initrd');
  rmSync(tree, { recursive: true, force: true });
  for (const name of ['bin', 'modules', 'proc', 'sys', 'dev', 'host'])
    mkdirSync(join(tree, name), { recursive: true });
  copyFileSync(
    execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim(),
    join(tree, 'bin/busybox'),
  );
  for (const [index, name] of modules.entries()) {
    const file = files.find((path) => [`${name}.ko`, `${name}.ko.xz`].includes(basename(path)));
    if (file === undefined) continue; // it is part of the image, or not of this version
    const bytes = file.endsWith('.xz')
      ? execFileSync('xz', ['-dc', file], { maxBuffer: 2 ** 28 })
      : readFileSync(file);
    writeFileSync(join(tree, 'modules', `${index + 10}-${name}.ko`), bytes);
  }
  writeFileSync(join(tree, 'init'), script(run), { mode: 0o755 });
  const archive = `${tree}.cpio`;
  execFileSync('sh', ['-c', `find . | cpio --create --format=newc --quiet > ${quoted(archive)}`], {
    cwd: tree,
  });
  return archive;
}

/** Its first process. What the command needs to write goes to /dev/shm; everything else is read-only. */
function script({ command, machine, roots }) {
  const environment = {
    PATH: [dirname(process.execPath), process.env.PATH].join(':'),
    HOME: homedir(),
    TMPDIR: '/dev/shm',
    HEAVYOPS_TEST_MACHINE: machine,
  };
  const settings = Object.entries(environment).map(([name, value]) => quoted(`${name}=${value}`));
  const inside = `cd ${quoted(root)} && exec ${command.map(quoted).join(' ')}`;
  return `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
# Some need others, which are another's in other versions.
for again in 1 2 3; do
  for module in /modules/*.ko; do insmod "$module" 2>/dev/null && rm "$module"; done
done
mount -t 9p -o ro,trans=virtio,version=9p2000.L,cache=loose,msize=512000 host /host
mount --bind /dev /host/dev
mkdir -p /dev/shm /dev/pts
mount -t tmpfs tmpfs /host/dev/shm
mount -t devpts devpts /host/dev/pts
ln -s /proc/self/fd /dev/fd
mount -t sysfs sysfs /host/sys
for root in ${roots.map(quoted).join(' ')}; do mount -t proc proc "/host$root/proc"; done
ip link set lo up
echo '${begins}'
env -i ${settings.join(' ')} chroot /host /bin/sh -c ${quoted(inside)}
echo "${ends}$?"
sleep 1
echo o > /proc/sysrq-trigger
sleep 60
`;
}

/** As one word of a shell's command. @param {string} word */
function quoted(word) {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
