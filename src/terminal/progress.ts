import { keepStart } from '../lib/display-width.js';
import { counted, duration, grouped } from '../lib/quantities.js';

export interface ProgressStatus {
  /** Nanoseconds since the start. */
  readonly elapsed: number;
  /** Nanoseconds that it will take, where that is known. */
  readonly total?: number;
  readonly samples: number;
  /** Ticks a second, achieved. */
  readonly rate: number;
  /** Samples that could not be read, or were lost. */
  readonly errors: number;
}

interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** One line of status, at most `columns` wide. */
export function progressText(status: ProgressStatus, columns: number): string {
  const total = status.total === undefined ? '' : ` of ${duration(status.total)}`;
  const parts = [
    `${duration(status.elapsed)}${total}`,
    counted(status.samples, 'sample'),
    `${grouped(status.rate)}/s`,
    counted(status.errors, 'error'),
  ];
  return keepStart(`Sampling: ${parts.join(', ')}`, Math.max(1, columns));
}

/** Rewrites a line of status in place on a terminal; on anything else it writes nothing. */
export class ProgressLine {
  readonly #stream: ProgressStream;
  #shown = false;

  constructor(stream: ProgressStream) {
    this.#stream = stream;
  }

  update(status: ProgressStatus): void {
    if (this.#stream.isTTY === true) {
      // One column is left free: a terminal wraps when the last one is written.
      const text = progressText(status, (this.#stream.columns ?? 80) - 1);
      this.#stream.write(`\r${text}${CLEAR_TO_END}`);
      this.#shown = true;
    }
  }

  /** Takes the line away; call it before anything else is written, and at the end. */
  clear(): void {
    if (this.#shown) {
      this.#stream.write(`\r${CLEAR_TO_END}`);
      this.#shown = false;
    }
  }
}

const CLEAR_TO_END = '\u001b[K';
