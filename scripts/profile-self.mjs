/**
 * Draws where heavyops' own sampling thread spends its time while it samples as fast as it goes, for
 * docs/performance.md: `perf record` of that thread, drawn by the product's own exporter.
 *
 *   node scripts/profile-self.mjs [FILE.svg] [--version 3.14] [--depth 25] [--threads 1] [--seconds 5]
 *
 * FILE is docs/images/sampling-thread.svg by default. It needs perf (`apt-get install linux-perf`), and root where
 * kernel.perf_event_paranoid is above 1. The addon has to be built with its symbols, as it is in a checkout.
 */
import './check-node.mjs';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { flamegraph } from '../dist/src/export/flamegraph.js';
import { ProfileBuilder } from '../dist/src/profile/builder.js';
import { noCounters } from '../dist/src/profile/profile.js';
import { defaultView } from '../dist/src/profile/view.js';
import { version as ownVersion } from '../dist/src/version.js';
import { endAll, start } from './bench/process.mjs';
import { removeFolders, startTarget } from './bench/targets.mjs';
import { findInterpreters } from './interpreters/find.mjs';
import { perfStacks } from './profile-self/perf-stacks.mjs';
import { fail, isOnPath, root, StepFailed } from './steps.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    version: { type: 'string', default: '3.14' },
    depth: { type: 'string', default: '25' },
    threads: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '5' },
  },
});
const file = positionals[0] ?? join(root, 'docs/images/sampling-thread.svg');
const seconds = Number(values.seconds);
const samplesASecond = 4000;
const leastShare = 0.001; // of all: stacks that are seen less often are left out, to keep the picture small

async function main() {
  if (!isOnPath('perf'))
    throw new StepFailed('there is no perf here; `apt-get install linux-perf` brings it');
  const { interpreters } = await findInterpreters();
  const interpreter = interpreters.find(({ version }) => version.startsWith(values.version));
  if (interpreter === undefined) throw new StepFailed(`there is no CPython ${values.version} here`);
  const target = await startTarget(interpreter, 'test/targets/depth.py', [values.depth, values.threads]);
  const profile = target.folder.here('self.json');
  const attach = ['attach', String(target.pid), '-i', '-q', '--reader', 'memory', '-o', profile];
  const options = ['--rate', '10mhz', '--duration', String(seconds + 3)];
  const heavyops = await start([process.execPath, join(root, 'dist/cli/main.js'), ...attach, ...options]);
  const recorded = await recordThread(await samplingThread(heavyops.pid), target.folder.here('perf.data'));
  await heavyops.ended;
  await target.stop();
  const text = [...flamegraph.write(drawn(recorded, interpreter.version), view)].join('');
  writeFileSync(file, text);
  console.log(`wrote ${file}: ${recorded.length} samples of the sampling thread`);
}

const view = { ...defaultView, granularity: /** @type {const} */ ('function'), lineNumbers: false };

/** @param {number} pid @returns {Promise<string>} its id */
async function samplingThread(pid) {
  for (const end = performance.now() + 10_000; performance.now() < end; await sleep(20)) {
    const found = readdirSync(`/proc/${pid}/task`).find(
      (tid) => readFileSync(`/proc/${pid}/task/${tid}/comm`, 'utf8') === 'heavyops\n',
    );
    if (found !== undefined) return found;
  }
  throw new StepFailed('heavyops did not begin to sample within ten seconds');
}

/** @param {string} tid @param {string} data */
async function recordThread(tid, data) {
  const event = ['-e', 'cpu-clock', '-F', String(samplesASecond), '-g', '-t', tid];
  await perf(['record', '-q', ...event, '-o', data, '--', 'sleep', String(seconds)]);
  return perfStacks(await perf(['script', '-i', data, '-F', 'ip,sym,dso']));
}

/** @param {readonly string[]} args @returns {Promise<string>} what it printed */
async function perf(args) {
  try {
    return (await promisify(execFile)('perf', args, { maxBuffer: 2 ** 30 })).stdout;
  } catch (error) {
    throw new StepFailed(`perf ${args[0]} failed: ${/** @type {Error} */ (error).message.slice(0, 2000)}`);
  }
}

/** @param {ReturnType<typeof perfStacks>} stacks @param {string} python */
function drawn(stacks, python) {
  const builder = new ProfileBuilder({ version: { major: 3, minor: 14 } });
  const nothing = new Uint8Array();
  const thread = builder.addThread({ tid: 0, ident: '0', name: 'heavyops', interpreter: 0 });
  const period = 1e9 / samplesASecond;
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const frames of stacks) {
    let stack = -1;
    for (const { name, file: filename } of frames) {
      const code = { name, qualname: name, filename, firstLine: 0, bytecode: nothing, lineTable: nothing };
      stack = builder.addStack(stack, builder.addFrame(builder.addCode(code), 0));
    }
    counts.set(stack, (counts.get(stack) ?? 0) + 1);
  }
  for (const [stack, count] of counts) {
    if (count >= leastShare * stacks.length)
      builder.addSample(thread, stack, -1, 1, 0, count * period, count);
  }
  return builder.build({
    heavyops: ownVersion,
    target: {
      pid: 0,
      python,
      freeThreaded: false,
      executable: '',
      command: [
        `the sampling thread of heavyops ${ownVersion}, depth ${values.depth}, ${values.threads} thread(s)`,
      ],
    },
    startedAt: Date.now(),
    duration: seconds * 1e9,
    rate: samplesASecond,
    reader: 'memory',
    counters: noCounters,
    ended: 'duration',
  });
}

await main()
  .catch(fail)
  .finally(async () => {
    await endAll();
    removeFolders();
  });
