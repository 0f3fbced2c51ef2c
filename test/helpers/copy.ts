import { cpSync, existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { scratch } from '../target/processes.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What of the native parts a copy has. */
export interface CopiedParts {
  readonly addon?: boolean;
  readonly kernelProgram?: boolean;
}

/** Copies what heavyops consists of to where every user can read it; returns the path of its main file. */
export async function copyForAll(
  t: TestContext,
  { addon = true, kernelProgram = true }: CopiedParts = {},
): Promise<string> {
  const directory = scratch(t);
  const parts = [
    'package.json',
    'dist/cli',
    'dist/src',
    'node_modules/commander',
    ...(addon ? ['build/Release/heavyops.node'] : []),
    ...(kernelProgram ? ['build/Release/kernel-program.bin'] : []),
  ];
  // A machine without clang has no program for the kernel.
  for (const part of parts.filter((one) => existsSync(join(root, one)))) {
    await mkdir(join(directory, part, '..'), { recursive: true });
    cpSync(join(root, part), join(directory, part), { recursive: true, dereference: true });
  }
  return join(directory, 'dist/cli/main.js');
}
