import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { interpreters } from '../helpers/interpreters.js';
import { lackOf, lackOfKernelReader } from '../helpers/machine.js';
import { startTarget } from '../helpers/target.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { version, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
};

/** Where the package is installed: an empty folder, which has nothing of this checkout. */
const folder = mkdtempSync(join(tmpdir(), 'heavyops-package-'));
const installed = join(folder, 'node_modules/heavyops');

const scope = '/proc/sys/kernel/yama/ptrace_scope';
/** heavyops is no parent of the target here, as it is in other tests. */
const restricted =
  process.getuid?.() !== 0 && existsSync(scope) && readFileSync(scope, 'utf8').trim() !== '0';
const skip = restricted ? 'kernel.yama.ptrace_scope keeps users from reading what they did not start' : false;

before(() => {
  run(process.execPath, [join(root, 'scripts/pack.mjs'), '--no-build'], root);
  // What it depends on comes from this checkout, so that no registry has to answer.
  const packages = [root, ...Object.keys(dependencies).map((name) => join(root, 'node_modules', name))];
  for (const path of packages) {
    run('npm', ['pack', path, '--ignore-scripts', '--pack-destination', folder], folder);
  }
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  const quietly = ['--ignore-scripts', '--offline', '--no-audit', '--no-fund'];
  run('npm', ['install', ...quietly, ...tarballs.map((name) => join(folder, name))], folder);
});

after(() => rmSync(folder, { recursive: true, force: true }));

test('the package works without install scripts, from its own prebuilt addon', { skip }, async (t) => {
  assert.ok(existsSync(join(installed, 'prebuilds/linux-x64/heavyops.node')));
  assert.ok(!existsSync(join(installed, 'build')), 'nothing was built');
  const interpreter = interpreters().find((candidate) => candidate.root === '/');
  assert.ok(interpreter, 'an interpreter to sample');
  const target = await startTarget(t, interpreter, 'slow_app.py');
  const printed = heavyops(['attach', '--pid', String(target.pid), '--duration', '1', '--json']);
  const { opcodes, summary } = JSON.parse(printed) as {
    readonly opcodes: readonly unknown[];
    readonly summary: { readonly reader: string };
  };
  assert.ok(opcodes.length > 0, printed);
  assert.equal(summary.reader, lackOfKernelReader() === false ? 'kernel' : 'memory');
});

test('the package brings the library that counts, and that needs no other', () => {
  const library = join(installed, 'prebuilds/linux-x64/heavyops-count.node');
  assert.doesNotMatch(run('readelf', ['-d', library], folder), /NEEDED/);
  writeFileSync(join(folder, 'counted.py'), 'print([n for n in range(3)])\n');
  assert.match(heavyops(['count', 'counted.py']), /^\[0, 1, 2\]\n[\d,]+ \/ [\d,]+ tracked instructions/);
});

test('the package brings the program that samples from inside the kernel', {
  skip: lackOf('the program of the kernel reader'),
}, () => {
  const name = 'kernel-program.bin';
  assert.deepEqual(
    readFileSync(join(installed, 'prebuilds/linux-x64', name)),
    readFileSync(join(root, 'build/Release', name)),
  );
});

test('the package is a library, too', { skip }, async (t) => {
  const interpreter = interpreters().find((candidate) => candidate.root === '/');
  assert.ok(interpreter, 'an interpreter to sample');
  const target = await startTarget(t, interpreter, 'slow_app.py');
  const program = `
    import { defaultView, formatByName, loadProfile, openTarget, record, takeDump, totals } from 'heavyops';
    const target = await openTarget(${target.pid});
    const profile = await record(target, { rate: 1000, duration: 500 });
    const saved = [...formatByName('json').write(profile, defaultView)].join('');
    const loaded = loadProfile(Buffer.from(saved));
    const { threads } = await takeDump(target);
    const refused = await openTarget(2 ** 30).catch(({ code }) => code);
    console.log(JSON.stringify([totals(loaded, {}).opcodes.length, threads.length, refused]));`;
  writeFileSync(join(folder, 'library.mjs'), program);
  const [opcodes = 0, threads, refused] = JSON.parse(run(process.execPath, ['library.mjs'], folder)) as [
    number?,
    number?,
    string?,
  ];
  assert.ok(opcodes > 0);
  assert.equal(threads, 1);
  assert.equal(refused, 'NO_SUCH_PROCESS');
});

test('the installed programme tells the version of the package', () => {
  assert.equal(heavyops(['--version']), `${version}\n`);
});

test('npm would run no install script of the package either', () => {
  const { gypfile, scripts } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    readonly gypfile?: boolean;
    readonly scripts: Readonly<Record<string, string>>;
  };
  // With a binding.gyp npm builds by itself, unless it is told that there is no gyp file.
  assert.equal(gypfile, false);
  const atInstall = ['preinstall', 'install', 'postinstall', 'prepare'];
  assert.deepEqual(
    atInstall.filter((name) => name in scripts),
    [],
  );
});

test('the package holds what is needed to build its addon, and no tests', () => {
  const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
  const needed = ['binding.gyp', 'native/addon.cc', 'README.md', 'LICENSE', 'docs/formats.md'];
  assert.deepEqual(
    needed.filter((file) => !files.includes(file)),
    [],
  );
  assert.deepEqual(
    files.filter((file) => /^(dist\/)?(test|scripts)\//.test(file)),
    [],
  );
});

test('the addon brings its own C++ library', () => {
  const libraries = run('ldd', [join(installed, 'prebuilds/linux-x64/heavyops.node')], folder);
  assert.match(libraries, /libc\.so/);
  assert.doesNotMatch(libraries, /libstdc\+\+/);
});

/** Runs the installed programme as its users do. Returns what it prints. */
function heavyops(args: readonly string[]): string {
  return run('npx', ['--no-install', 'heavyops', ...args], folder);
}

/** Runs a program to its end; what npm sets for the programs that it starts itself stays out of it. */
function run(program: string, args: readonly string[], cwd: string): string {
  const env = Object.entries(process.env).filter(
    ([name]) => !/^npm_(config_|package_|lifecycle_)/.test(name),
  );
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    env: Object.fromEntries(env),
    encoding: 'utf8',
  });
  assert.equal(status, 0, `${program} ${args.join(' ')}: ${error?.message ?? `${stdout}\n${stderr}`}`);
  return stdout;
}
