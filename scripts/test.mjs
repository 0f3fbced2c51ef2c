/**
 * Sets up, checks everything, runs every test that this machine allows, and names what is left out. With CI=true it
 * first brings what is missing, and whatever is left out then is a failure.
 */
import './check-node.mjs';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { installFreeThreaded } from './interpreters/free-threaded.mjs';
import { installSidRoot } from './interpreters/sid-root.mjs';
import { lint } from './lint.mjs';
import { testWithSanitizers } from './sanitizers.mjs';
import { setup } from './setup.mjs';
import { fail, passThrough, root } from './steps.mjs';
import { buildFfiPackages } from './test/ffi-packages.mjs';
import { testFiles } from './test/files.mjs';
import { describeMachine } from './test/machine.mjs';
import { installSystemPackages } from './test/system-packages.mjs';

const everything = process.env.CI === 'true';

async function main() {
  // Before the build, which makes the kernel reader only where there is clang.
  if (everything) await installSystemPackages();
  await setup();
  await lint({ write: false });
  // Several minutes of one idle core, while the rest is prepared.
  const freeThreaded = everything ? attempt(installFreeThreaded) : undefined;
  if (everything) await attempt(installSidRoot);
  await attempt(buildFfiPackages);
  await testWithSanitizers();
  await freeThreaded;
  process.exitCode = await runTests(await describeMachine());
}

/** @param {import('./test/machine.mjs').Machine} machine @returns {Promise<number>} exit code */
function runTests(machine) {
  for (const { what, leftOut } of machine.parts) {
    if (leftOut !== undefined) console.error(`heavyops: left out: ${what}: ${leftOut}`);
  }
  const description = join(root, 'build/test-machine.json');
  writeFileSync(description, JSON.stringify(machine));
  const options = ['--test-reporter=spec', `--test-concurrency=${availableParallelism()}`];
  return passThrough([process.execPath, '--test', ...options, ...testFiles()], {
    env: { ...process.env, HEAVYOPS_TEST_MACHINE: description },
  });
}

/**
 * What may fail on a machine and then only leaves tests out: the tests say so, with the reason.
 *
 * @param {() => Promise<void>} work
 */
async function attempt(work) {
  try {
    await work();
  } catch (error) {
    console.error(`heavyops: ${error instanceof Error ? error.message : String(error)}`);
  }
}

await main().catch(fail);
