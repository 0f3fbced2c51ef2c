/**
 * Makes a checkout ready to run: dependencies, addon, compiled TypeScript, the programme. Does only what has changed since the
 * last time. `npm run build` is this; `npm test` and `npm run demo` begin with it.
 */
import './check-node.mjs';
import { fileURLToPath } from 'node:url';
import { buildAddon } from './setup/addon.mjs';
import { bundleProgramme } from './setup/bundle.mjs';
import { installDependencies } from './setup/dependencies.mjs';
import { buildKernelProgram } from './setup/kernel-program.mjs';
import { compileTypeScript } from './setup/typescript.mjs';
import { fail } from './steps.mjs';

/** @throws StepFailed with what is missing, or with the output of what failed */
export async function setup() {
  await installDependencies();
  await buildAddon();
  await buildKernelProgram();
  await compileTypeScript();
  await bundleProgramme();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await setup().catch(fail);
