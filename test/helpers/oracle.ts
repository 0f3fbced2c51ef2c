import assert from 'node:assert/strict';
import { countOf, type RecordedSample, shown, tally } from './recorded.js';

/** What is known of every stack that a program can have. */
export interface StackOracle {
  /** Whether a stack, its functions' names joined by ">", can exist. */
  readonly isReal: (stack: string) => boolean;
  /** Stacks that make a real part of the program's time, and so have to occur. */
  readonly occurring: readonly string[];
  /** The share of samples with stacks that cannot exist, 0 to 1, which is still borne. */
  readonly bearable: number;
  /** The share of samples that could not be read, which is still borne; 0.01 by default. */
  readonly unreadable?: number;
}

/** Checks samples of one thread against what is known of it; the result says how good they were. */
export function assertStacks(
  samples: readonly RecordedSample[],
  { isReal, occurring, bearable, unreadable: most = 0.01 }: StackOracle,
): string {
  const readable = samples.filter(({ frames }) => frames.length > 0);
  const all = countOf(readable);
  const stacks = tally(readable, ({ stack }) => stack);
  const impossible = new Map([...stacks].filter(([stack]) => !isReal(stack)));
  const made = [...impossible.values()].reduce((sum, count) => sum + count, 0);
  const unreadable = countOf(samples) - all;
  assert.ok(all > 0, 'something was read');
  assert.ok(unreadable <= most * countOf(samples), `${unreadable} of ${countOf(samples)} are unreadable`);
  assert.ok(made <= bearable * all, `${made} of ${all} never existed:\n${shown(impossible)}`);
  assert.deepEqual(
    occurring.filter((stack) => !stacks.has(stack)),
    [],
    `these are missing in\n${shown(stacks, 40)}`,
  );
  const examples = made > 0 ? `:\n${shown(impossible)}` : '';
  return `${all} samples, ${unreadable} unreadable, ${made} impossible${examples}`;
}
