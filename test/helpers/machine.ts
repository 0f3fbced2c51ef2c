import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Interpreter, MissingInterpreter } from './interpreters.js';

/** What of the things that tests need this machine has; see scripts/test/machine.mjs. */
export interface Machine {
  readonly interpreters: readonly Interpreter[];
  readonly missing: readonly MissingInterpreter[];
  readonly parts: readonly Part[];
}

/** Something that tests need. */
export interface Part {
  readonly what: string;
  /** Why it is not there. */
  readonly leftOut?: string;
  /** Where everything is tested it has to be there. */
  readonly required: boolean;
}

let described: Machine | undefined;

/** `npm test` looks once and leaves the answer in a file; a test that is run alone looks itself. */
export function machine(): Machine {
  described ??= JSON.parse(description()) as Machine;
  return described;
}

/** Why a part is not there, as the `skip` option of a test takes it; false when it is there. */
export function lackOf(what: string): string | false {
  const part = machine().parts.find((candidate) => candidate.what === what);
  if (part === undefined) throw new Error(`no part of the machine is called "${what}"`);
  return part.leftOut ?? false;
}

/** Why samples cannot be taken from inside the kernel here, as the `skip` option of a test takes it; false when they can. */
export function lackOfKernelReader(): string | false {
  return lackOf('the program of the kernel reader') || lackOf('permission for the kernel reader');
}

function description(): string {
  const file = process.env.HEAVYOPS_TEST_MACHINE;
  if (file !== undefined) return readFileSync(file, 'utf8');
  const script = fileURLToPath(new URL('../../../scripts/test/machine.mjs', import.meta.url));
  return execFileSync(process.execPath, [script], { encoding: 'utf8' });
}
