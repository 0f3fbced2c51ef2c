import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root, StepFailed, step } from '../steps.mjs';

const require = createRequire(import.meta.url);

/**
 * Builds the addon from binding.gyp with the compiler alone, for machines whose only Python is too old for
 * node-gyp. Slower to repeat, as it compiles every source each time.
 *
 * @param {string | undefined} headers prefix of Node's headers
 */
export async function buildWithoutGyp(headers) {
  if (headers === undefined) {
    throw new StepFailed(
      'the headers of Node are missing: install Node with its `include` folder, or Python 3.8',
    );
  }
  const { targets } = JSON.parse(readFileSync(join(root, 'binding.gyp'), 'utf8'));
  const output = join(root, 'build/Release');
  mkdirSync(output, { recursive: true });
  const includes = [
    'native',
    require('node-addon-api').include_dir,
    join(headers, 'include/node'),
    join(headers, 'src'),
  ];
  for (const target of targets) {
    await step(`building ${target.target_name} without node-gyp`, [
      ...(process.env.CXX || 'g++').split(' '),
      ...target.cflags_cc,
      ...['-shared', '-fPIC', '-pthread', '-m64'],
      ...[`-DNODE_GYP_MODULE_NAME=${target.target_name}`, '-DBUILDING_NODE_EXTENSION'],
      ...(target.defines ?? []).map((/** @type {string} */ name) => `-D${name}`),
      ...includes.map((directory) => `-I${directory}`),
      ...target.sources,
      ...target.ldflags,
      ...['-o', join(output, `${target.target_name}.node`)],
    ]);
  }
}
