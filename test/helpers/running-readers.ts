import type { Reader } from '../../src/session/sampler-config.js';
import { lackOfKernelReader } from './machine.js';

/** A reader that leaves its target running, for a test that holds of each of them. */
export interface RunningReader {
  readonly reader: Reader;
  /** Ends the test's name. */
  readonly by: string;
  /** Option of the test. */
  readonly skip: string | false;
}

export function runningReaders(): readonly RunningReader[] {
  return [
    { reader: 'memory', by: '', skip: false },
    { reader: 'kernel', by: ', by the kernel', skip: lackOfKernelReader() },
  ];
}
