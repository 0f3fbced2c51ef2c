import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root, StepFailed } from '../steps.mjs';

const sources = join(root, 'scripts/bench/native');
const programs = join(root, 'build/bench');

/** The path of one of the bench's own small C programs, compiled when it is not there or older than its source.
 * @param {'measured' | 'bare_read' | 'bare_clock'} name */
export function compiled(name) {
  const [source, program] = [join(sources, `${name}.c`), join(programs, name)];
  if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) return program;
  mkdirSync(programs, { recursive: true });
  try {
    execFileSync('cc', ['-O2', '-o', program, source], {
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    });
  } catch (error) {
    throw new StepFailed(
      `${source} could not be compiled: ${error instanceof Error ? error.message : error}`,
    );
  }
  return program;
}
