import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A CPython of this machine that a test can start. */
export interface Interpreter {
  /** As in "3.14.10". */
  readonly version: string;
  readonly minor: number;
  /** Starts it; the process that it starts is the interpreter itself. */
  readonly command: readonly string[];
  /** As a path inside `root`. */
  readonly executable: string;
  readonly freeThreaded: boolean;
  /** The directory which it sees as `/`. */
  readonly root: string;
  /** The interpreter is in a libpython of its own, not in the executable. */
  readonly sharedLibrary: boolean;
}

/** A version that was looked for in vain. */
export interface MissingInterpreter {
  /** As in "3.14", or "3.13t". */
  readonly version: string;
  readonly reason: string;
  /** One of the supported versions: where everything is tested it has to be there. */
  readonly required: boolean;
}

/** Every supported CPython that this machine has, oldest first; several patch releases of one version are all there. */
export function interpreters(): readonly Interpreter[] {
  return find().interpreters;
}

/** The supported versions that this machine lacks. */
export function missing(): readonly MissingInterpreter[] {
  return find().missing;
}

/** How a test calls an interpreter in its name, as in "3.13.0t". */
export function label({ version, freeThreaded, root }: Interpreter): string {
  return `${version}${freeThreaded ? 't' : ''}${root === '/' ? '' : ' in another root'}`;
}

interface Found {
  readonly interpreters: readonly Interpreter[];
  readonly missing: readonly MissingInterpreter[];
}

let found: Found | undefined;

/** `npm test` looks once and leaves the answer in a file; a test that is run alone looks itself. */
function find(): Found {
  found ??= JSON.parse(listed()) as Found;
  return found;
}

function listed(): string {
  const list = process.env['HEAVYOPS_INTERPRETERS'];
  if (list !== undefined) return readFileSync(list, 'utf8');
  const script = fileURLToPath(new URL('../../../scripts/interpreters.mjs', import.meta.url));
  return execFileSync(process.execPath, [script, '--json'], { encoding: 'utf8' });
}
