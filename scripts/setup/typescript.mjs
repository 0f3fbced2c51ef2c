import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, step } from '../steps.mjs';

const dist = join(root, 'dist');

/** Compiles everything below src, test and scripts into dist, and takes out of it what has no source any more. */
export async function compileTypeScript() {
  const compiler = [process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json'];
  const state = ['--incremental', '--tsBuildInfoFile', join(dist, '.tsbuildinfo')];
  await step('compiling TypeScript', [...compiler, ...state]);
  cpSync(join(root, 'src/python/data'), join(dist, 'src/python/data'), { recursive: true });
  removeOrphans();
}

/** A compiled test whose source has been deleted would go on being run. */
function removeOrphans() {
  for (const path of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const source = path.replace(/(\.d\.ts|\.js(\.map)?)$/, '.ts');
    if (/^(src|test|scripts)\/.*\.(js|map|json|d\.ts)$/.test(path) && !existsSync(join(root, source)))
      rmSync(join(dist, path));
  }
}
