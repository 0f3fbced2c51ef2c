/**
 * Shows what heavyops does: sets up, starts examples/demo.py, attaches to it for a few seconds, and writes a
 * speedscope file and a flame graph. HEAVYOPS_PYTHON names the interpreter; python3 otherwise.
 */
import './check-node.mjs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setup } from './setup.mjs';
import { fail, passThrough, root, StepFailed } from './steps.mjs';

const seconds = 4;
const speedscope = 'demo-output/demo.speedscope.json';
const flameGraph = 'demo-output/demo.svg';

async function main() {
  await setup();
  mkdirSync(join(root, 'demo-output'), { recursive: true });
  const program = await startProgram();
  try {
    process.exitCode = await attach(program.pid ?? 0);
  } finally {
    program.kill('SIGKILL');
  }
  if (process.exitCode === 0) console.log(whereTheFilesAre());
}

/**
 * Starts the sample program in a process group of its own, so that Ctrl-C reaches only heavyops, and waits for its
 * first line. It is ended however this process ends.
 *
 * @returns {Promise<import('node:child_process').ChildProcess>}
 */
async function startProgram() {
  const python = process.env.HEAVYOPS_PYTHON || 'python3';
  const program = spawn(python, [join(root, 'examples/demo.py')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  process.once('exit', () => program.kill('SIGKILL'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
  // heavyops then writes what it has; this process waits for it.
  process.on('SIGINT', () => {});
  const failed = once(program, 'close').then(([code]) => {
    throw new Error(`exit code ${code}`);
  });
  await Promise.race([once(program.stdout, 'data'), failed]).catch((cause) => {
    throw new StepFailed(
      `${python} does not run examples/demo.py (${cause.message}); HEAVYOPS_PYTHON names another`,
    );
  });
  failed.catch(() => {});
  console.error(`heavyops: examples/demo.py runs as process ${program.pid}`);
  return program;
}

/** @param {number} pid @returns {Promise<number>} exit code */
function attach(pid) {
  const outputs = ['-o', speedscope, '-o', flameGraph];
  const options = ['attach', '--pid', String(pid), '-d', String(seconds), ...outputs];
  console.error(`heavyops: npx heavyops ${options.join(' ')}\n`);
  return passThrough([process.execPath, join(root, 'dist/cli/main.js'), ...options]);
}

function whereTheFilesAre() {
  return `
Flame graph          ${flameGraph}
                     open it in a browser: click a frame to zoom, Ctrl-F to search
speedscope profile   ${speedscope}
                     npx speedscope ${speedscope}
                     or drop it onto https://www.speedscope.app`;
}

await main().catch(fail);
