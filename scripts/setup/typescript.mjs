import { chmodSync, cpSync, existsSync, lstatSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root, step } from '../steps.mjs';

const dist = join(root, 'dist');
const programme = join(dist, 'src/cli/main.js');

/** Compiles everything below src, test and scripts into dist, and takes out of it what has no source any more. */
export async function compileTypeScript() {
  const compiler = [process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json'];
  const state = ['--incremental', '--tsBuildInfoFile', join(dist, '.tsbuildinfo')];
  await step('compiling TypeScript', [...compiler, ...state]);
  cpSync(join(root, 'src/python/data'), join(dist, 'src/python/data'), { recursive: true });
  removeOrphans();
  if (existsSync(programme)) linkProgramme();
}

/** A compiled test whose source has been deleted would go on being run. */
function removeOrphans() {
  for (const path of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const source = path.replace(/(\.d\.ts|\.js(\.map)?)$/, '.ts');
    if (/\.(js|map|json|d\.ts)$/.test(path) && !existsSync(join(root, source))) rmSync(join(dist, path));
  }
}

/** `npx heavyops` looks here first; npm itself links only the programmes of dependencies. */
function linkProgramme() {
  chmodSync(programme, 0o755);
  const binaries = join(root, 'node_modules/.bin');
  const link = join(binaries, 'heavyops');
  if (lstatSync(link, { throwIfNoEntry: false }) === undefined)
    symlinkSync(relative(binaries, programme), link);
}
