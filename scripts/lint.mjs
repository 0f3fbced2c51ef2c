/**
 * Checks lint and formatting of everything: Biome for TypeScript and JavaScript, clang-format for C++.
 *
 *   node scripts/lint.mjs           says what is wrong
 *   node scripts/lint.mjs --write   mends what can be mended
 */
import './check-node.mjs';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installDependencies } from './setup/dependencies.mjs';
import { fail, isOnPath, root, step } from './steps.mjs';

/** @param {{ write: boolean }} options @throws StepFailed with what is wrong */
export async function lint({ write }) {
  const biome = [process.execPath, join(root, 'node_modules/@biomejs/biome/bin/biome'), 'check'];
  await step('checking TypeScript', [
    ...biome,
    ...(write ? ['--write'] : []),
    '--error-on-warnings',
    '--max-diagnostics=100',
    '.',
  ]);
  if (!isOnPath('clang-format')) return;
  const mode = write ? ['-i'] : ['--dry-run', '-Werror'];
  await step('checking C++', ['clang-format', ...mode, ...cplusplus()]);
}

function cplusplus() {
  return ['native', 'test/native', 'scripts']
    .filter((directory) => existsSync(join(root, directory)))
    .flatMap((directory) =>
      readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
        .filter((path) => /\.(cc|h|c)$/.test(path))
        .map((path) => join(directory, path)),
    );
}

async function main() {
  await installDependencies();
  await lint({ write: process.argv.includes('--write') });
  if (!isOnPath('clang-format')) console.error('heavyops: C++ was left out: clang-format is not installed');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main().catch(fail);
