import { spawnSync } from 'node:child_process';
import { HeavyopsError } from '../errors.js';
import { errnoOf } from '../lib/file-system.js';
import { isSupported } from '../python/layout.js';

/** The interpreter that is to count, as it describes itself. */
export interface CountedPython {
  /** As it was named: a path, or a name to be found on PATH. */
  readonly command: string;
  /** As in "3.14.10". */
  readonly version: string;
  readonly minor: number;
  readonly micro: number;
  readonly freeThreaded: boolean;
  readonly executable: string;
}

/**
 * Starts the interpreter once, to ask it what it is.
 *
 * @throws HeavyopsError COMMAND_NOT_FOUND, COMMAND_NOT_EXECUTABLE, NOT_PYTHON, UNSUPPORTED_PYTHON
 */
export function askInterpreter(command: string): CountedPython {
  const { status, stdout, error } = spawnSync(command, ['-S', '-c', question], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (error !== undefined) throw notStarted(command, error);
  const [implementation, major, minor, micro, flags, gil, executable] = stdout.trimEnd().split('\n');
  if (status !== 0 || executable === undefined) {
    throw new HeavyopsError(
      'NOT_PYTHON',
      `"${command}" is no Python: it does not answer as one`,
      'Name an interpreter with --python, such as: --python python3.13',
    );
  }
  const python: CountedPython = {
    command,
    version: `${major}.${minor}.${micro}`,
    minor: Number(minor),
    micro: Number(micro),
    freeThreaded: flags?.includes('t') === true,
    executable,
  };
  checkVersion(python, implementation ?? '', major ?? '', gil === 'True');
  return python;
}

/** Python 2 has to understand it, too. */
const question = `
import sys
implementation = getattr(getattr(sys, 'implementation', None), 'name', 'cpython')
gil = getattr(sys, '_is_gil_enabled', lambda: True)()
answer = [implementation] + list(sys.version_info[:3]) + [getattr(sys, 'abiflags', ''), gil, sys.executable]
sys.stdout.write('\\n'.join(map(str, answer)))`;

/** @throws HeavyopsError UNSUPPORTED_PYTHON */
function checkVersion(python: CountedPython, implementation: string, major: string, gil: boolean): void {
  const { minor, version, freeThreaded } = python;
  if (implementation !== 'cpython') {
    throw unsupported(`"${python.command}" is ${implementation}, and only CPython can be counted`, other);
  }
  if (major === '3' && minor === 6) {
    throw unsupported(
      `CPython ${version} cannot be counted: it tells a tracer of lines, not of instructions`,
      `f_trace_opcodes came with 3.7. ${other} Sampling shows its instructions, too: heavyops run -- ${python.command} …`,
    );
  }
  if (major !== '3' || minor < 7) throw unsupported(`Python ${version} cannot be counted`, other);
  if (freeThreaded && !gil) {
    throw unsupported(
      `this free-threaded CPython ${version} cannot be counted while it runs without its GIL`,
      'Its threads would count at once. Run it with the GIL: PYTHON_GIL=1 heavyops count …',
    );
  }
  if (!isSupported(python)) {
    throw unsupported(`heavyops does not know CPython ${version}${freeThreaded ? 't' : ''}`, other);
  }
}

const other = 'Choose CPython 3.7 to 3.15 with --python.';

function unsupported(message: string, hint: string): HeavyopsError {
  return new HeavyopsError('UNSUPPORTED_PYTHON', message, hint);
}

function notStarted(command: string, cause: Error): HeavyopsError {
  const code = errnoOf(cause);
  const hint = 'Name an interpreter with --python, such as: --python python3.13';
  return code === 'ENOENT' || code === 'ENOTDIR'
    ? new HeavyopsError('COMMAND_NOT_FOUND', `there is no interpreter "${command}"`, hint, cause)
    : new HeavyopsError(
        'COMMAND_NOT_EXECUTABLE',
        `"${command}" cannot be run: ${cause.message}`,
        hint,
        cause,
      );
}
