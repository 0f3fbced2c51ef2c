import { getSystemErrorName } from 'node:util';
import { kernelProgram } from '../../src/native.js';
import type { Reader } from '../../src/session/sampler-config.js';
import { samplerFor } from '../../src/session/sampler-for.js';
import { openTarget } from '../../src/target/target.js';
import { type Interpreter, interpreters } from './interpreters.js';
import { startTarget } from './target.js';

/**
 * Why programs cannot be sampled from inside the kernel here, as the `skip` option of a test takes it; false where they
 * can. It is tried, once for each file of tests, on a program of its own.
 */
export async function lackOfKernelReader(): Promise<string | false> {
  if (kernelProgram() === undefined) return 'it was built without the kernel reader, which needs clang';
  const endings: (() => Promise<void>)[] = [];
  const { pid } = await startTarget(
    { after: (end) => endings.push(end as () => Promise<void>) },
    any(),
    'idle.py',
  );
  try {
    const sampler = samplerFor(await openTarget(pid), { rate: 100, reader: 'kernel' });
    const error = sampler.start();
    const step = sampler.refusedStep();
    sampler.stop();
    return error !== 0 && `the kernel refuses its ${step} with ${getSystemErrorName(-error)}`;
  } finally {
    for (const end of endings) await end();
  }
}

/** A reader that leaves its target running, for a test that holds of each of them. */
export interface RunningReader {
  readonly reader: Reader;
  /** Ends the test's name. */
  readonly by: string;
  /** Option of the test. */
  readonly skip: string | false;
}

export async function runningReaders(): Promise<readonly RunningReader[]> {
  return [
    { reader: 'memory', by: '', skip: false },
    { reader: 'kernel', by: ', by the kernel', skip: await lackOfKernelReader() },
  ];
}

function any(): Interpreter {
  const [first] = interpreters();
  if (first === undefined) throw new Error('there is no interpreter');
  return first;
}
