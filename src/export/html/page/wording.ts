import { counted, duration, grouped } from '../../../lib/quantities.js';
import type { ReportData } from './data.js';

/** What the page calls its amounts: time and samples, or of an exact count executions. */
export interface Wording {
  /** Amounts are executions, so nothing is known of time: neither when nor how long. */
  readonly isCounted: boolean;
  /** What stands where a thread does, beginning a sentence, and more of them. */
  readonly thread: string;
  readonly threads: string;
  /** What shares are of. */
  readonly whole: string;
  /** Above a column of numbers. */
  readonly counts: string;
  readonly mostFrequent: string;
  readonly nothing: string;
  /** All that is selected, in the status line. */
  total(weight: number, count: number, part: string): string;
  amount(weight: number, count: number): string;
  /** Alone, where a count stands beside it. */
  weight(weight: number): string;
  without(lines: number): string;
}

export function wordingOf({ amounts }: Pick<ReportData, 'amounts'>): Wording {
  return amounts === 'executions' ? ofExecutions : ofTime;
}

const ofTime: Wording = {
  isCounted: false,
  thread: 'Thread',
  threads: 'Threads',
  whole: 'time',
  counts: 'Samples',
  mostFrequent: 'Hottest instruction',
  nothing: 'No samples are selected.',
  total: (weight, count, part) => `${duration(weight)} of thread time${part}, ${counted(count, 'sample')}`,
  amount: (weight, count) => `${duration(weight)}, ${counted(count, 'sample')}`,
  weight: duration,
  without: (lines) => `${grouped(lines)} lines without time`,
};

const executions = (weight: number) => counted(weight, 'execution');

const ofExecutions: Wording = {
  isCounted: true,
  thread: 'Process',
  threads: 'Processes',
  whole: 'executions',
  counts: 'Executions',
  mostFrequent: 'Most frequent instruction',
  nothing: 'No executions are selected.',
  total: (weight, _, part) => `${executions(weight)}${part}`,
  amount: executions,
  weight: executions,
  without: (lines) => `${counted(lines, 'line')} without executions`,
};
