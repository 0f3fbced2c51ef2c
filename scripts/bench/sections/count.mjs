import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../steps.mjs';
import { attempt } from '../bout.mjs';
import { start } from '../process.mjs';
import { TableBuilder } from '../results.mjs';

const programs = ['loop', 'calls', 'objects', 'generators', 'strings'];

/**
 * How many times slower a program is while it is counted, by `heavyops count` and by a trace in Python alone; by the CPU time
 * that the program itself reads.
 *
 * @param {import('../bout.mjs').Bench} bench
 */
export async function count(bench) {
  const head = {
    section: 'count',
    unit: '× the CPU time of the program alone',
    better: /** @type {const} */ ('less'),
  };
  const slower = new TableBuilder({ ...head, title: 'Counting every instruction with heavyops count' });
  const plain = new TableBuilder({ ...head, title: 'The same with a trace function in Python', plain: true });
  const countable = bench.interpreters.filter(({ minor, freeThreaded }) => minor >= 7 && !freeThreaded);
  for (const interpreter of countable) {
    const ground = groundFor(interpreter);
    try {
      for (let round = 0; round < bench.rounds; round++) {
        for (const program of programs) {
          await attempt(slower, `${program} on ${interpreter.version}`, async () => {
            const file = join(ground.folder, 'counted.py');
            const ours = ['count', '--python', ground.python, '-q', '-o', '/dev/null', '--format', 'json'];
            const alone = await seconds([ground.python, file, program]);
            const main = join(root, 'dist/cli/main.js');
            const counted = await seconds([process.execPath, main, ...ours, file, program]);
            const traced = await seconds([
              ground.python,
              join(ground.folder, 'plain_trace.py'),
              file,
              program,
            ]);
            const again = await seconds([ground.python, file, program]);
            const bare = (alone + again) / 2;
            slower.add(interpreter.version, program, 'ours', counted / bare);
            plain.add(interpreter.version, program, 'reference', traced / bare);
          });
        }
      }
    } finally {
      ground.remove();
    }
  }
  return [slower.table(), plain.table()];
}

/** @param {readonly string[]} command */
async function seconds(command) {
  const { ended } = await start(command);
  const { code, output } = await ended;
  const [, took] = /^took ([\d.e-]+)$/m.exec(output) ?? [];
  if (code !== 0 || took === undefined) throw new Error(output);
  return Number(took);
}

/**
 * A folder with the programs, under the same path here and where the interpreter sees it, and one word that starts it.
 *
 * @param {import('../../interpreters/find.mjs').Interpreter} interpreter
 */
function groundFor({ command, root: inside }) {
  const folder = mkdtempSync(join(tmpdir(), 'heavyops-bench-count-'));
  const folders = inside === '/' ? [folder] : [folder, join(inside, folder)];
  for (const one of folders) cpSync(join(root, 'scripts/bench/targets'), one, { recursive: true });
  const wrapper = join(folder, 'python');
  writeFileSync(wrapper, `#!/bin/sh\nexec ${command.join(' ')} "$@"\n`);
  chmodSync(wrapper, 0o755);
  return {
    folder,
    python: inside === '/' ? (command[0] ?? '') : wrapper,
    remove: () => {
      for (const one of folders) rmSync(one, { recursive: true, force: true });
    },
  };
}
