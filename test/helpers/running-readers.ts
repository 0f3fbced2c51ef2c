import type { Reader } from '../../src/session/sampler-config.js';
import { lackOfKernelReader } from './machine.js';

/** A reader, for a test that holds of each of them. */
export interface TestedReader {
  readonly reader: Reader;
  /** Ends the test's name. */
  readonly by: string;
  /** Option of the test. */
  readonly skip: string | false;
}

/** Those that leave their target running. */
export function runningReaders(): readonly TestedReader[] {
  return [
    { reader: 'memory', by: '', skip: false },
    { reader: 'kernel', by: ', by the kernel', skip: lackOfKernelReader() },
  ];
}

export function allReaders(): readonly TestedReader[] {
  return [...runningReaders(), { reader: 'stopped', by: ', stopped for each sample', skip: false }];
}
