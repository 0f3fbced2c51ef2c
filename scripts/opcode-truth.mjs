/**
 * Checks which instructions heavyops sees against the processor: where its program counter stands while the target is
 * stopped, in which handler of the interpreter that is, and nothing that heavyops believes about Python, but for where a
 * thread keeps the pointer to its current frame. Described in docs/accuracy.md, "Opcodes against the processor".
 *
 *   node scripts/opcode-truth.mjs [PROGRAM [ARGUMENT…]] [--version 3.12]… [--stops 20000] [--samples 20000]
 *     [--rounds 10] [--reader memory|kernel] [--apart] [--json | --summary]
 *
 * PROGRAM is one of test/targets/, mixture.py by default. The sampler is kept on the target's own processor ("together"),
 * so that the target waits while it is read. With --apart it is also asked from another one, which shows what reading a
 * running target does to a profile. The kernel reader samples on the target's own processor in any case. --summary prints
 * rows for the table in docs/accuracy.md.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { openTarget } from '../dist/src/target/target.js';
import { findInterpreters, versionOf } from './interpreters/find.mjs';
import { compare } from './opcode-truth/compare.mjs';
import { keepOn, startedOn, twoProcessors } from './opcode-truth/processors.mjs';
import { inRow, inTable } from './opcode-truth/shown.mjs';
import { fail, root } from './steps.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    stops: { type: 'string', default: '20000' },
    samples: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '10' },
    version: { type: 'string', multiple: true, default: [] },
    reader: { type: 'string', default: 'memory' },
    apart: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    summary: { type: 'boolean', default: false },
  },
});
const [name = 'mixture.py', ...args] = positionals;
const program = join(root, 'test/targets', basename(name));
const processors = twoProcessors();
const reader = readerOf(values.reader);

/** @param {string} name @returns {'memory' | 'kernel'} */
function readerOf(name) {
  if (name === 'memory' || (name === 'kernel' && !values.apart)) return name;
  const why = name === 'kernel' ? 'the kernel reader is never apart' : `there is no reader "${name}" here`;
  console.error(`${why}; --reader memory or kernel, --apart with memory only`);
  process.exit(2);
}

async function main() {
  // A target that waits for its processor is seen at one and the same place again and again: so Node keeps away from
  // it, and others wait for it rather than it for them.
  if (process.getuid?.() === 0) setPriority(-20);
  keepOn(processors.own);
  const show = values.json ? JSON.stringify : values.summary ? inRow : inTable;
  const { interpreters } = await findInterpreters();
  for (const interpreter of interpreters) {
    const version = versionOf(interpreter);
    if (values.version.length > 0 && !values.version.some((one) => isOf(version, one))) continue;
    const comparison = await withTarget(interpreter, async (pid) =>
      compare(await openTarget(pid), {
        stops: Number(values.stops),
        samples: Number(values.samples),
        rounds: Number(values.rounds),
        reader,
        apart: values.apart,
        processors,
      }),
    );
    console.log(show({ version, reader, ...comparison }));
  }
}

/** As "3.1" is not of 3.12, but 3.12 is. @param {string} version @param {string} wanted */
function isOf(version, wanted) {
  return version === wanted || version.startsWith(`${wanted}.`);
}

/**
 * @template T
 * @param {Awaited<ReturnType<typeof findInterpreters>>['interpreters'][number]} interpreter
 * @param {(pid: number) => Promise<T>} work
 */
async function withTarget({ root: itsRoot, command }, work) {
  const folder = mkdtempSync(join(itsRoot, tmpdir(), 'heavyops-truth-'));
  copyFileSync(program, join(folder, basename(program)));
  const seen = join('/', itsRoot === '/' ? folder : folder.slice(itsRoot.length), basename(program));
  const [starter = '', ...options] = [
    ...startedOn(processors.watched),
    ...['setpriv', '--pdeathsig', 'KILL'],
    ...command,
    seen,
    ...args,
  ];
  const child = spawn(starter, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(child.stdout, 'data'); // it is warm and says so
    return await work(child.pid ?? 0);
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

await main().catch(fail);
