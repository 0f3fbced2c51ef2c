import { machine } from './machine.js';

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
  return machine().interpreters;
}

/** The supported versions that this machine lacks. */
export function missing(): readonly MissingInterpreter[] {
  return machine().missing;
}

/** How a test calls an interpreter in its name. */
export function label(interpreter: Interpreter): string {
  return `${versionOf(interpreter)}${interpreter.root === '/' ? '' : ' in another root'}`;
}

/** As in "3.13.0t". */
export function versionOf({ version, freeThreaded }: Interpreter): string {
  return `${version}${freeThreaded ? 't' : ''}`;
}
