import type { ReprLimits } from './repr-limits.js';

/** What of one `repr` may still be written. For one use. */
export class ReprBudget {
  readonly #limits: ReprLimits;
  #charactersLeft: number;
  #objectsLeft: number;

  constructor(limits: ReprLimits) {
    this.#limits = limits;
    this.#charactersLeft = limits.total;
    this.#objectsLeft = limits.objects;
  }

  get isSpent(): boolean {
    return this.#charactersLeft <= 0 || this.#objectsLeft <= 0;
  }

  takeObject(): void {
    this.#objectsLeft--;
  }

  spend(text: string): string {
    this.#charactersLeft -= text.length;
    return text;
  }

  /** An object that holds others: what is in it has been counted, its own name perhaps not. */
  nested(write: () => string): string {
    const before = this.#charactersLeft;
    const text = write();
    this.#charactersLeft = Math.min(this.#charactersLeft, before - text.length);
    return text;
  }

  /** The items in brackets, as far as the limits go; `length` is how many there are said to be. */
  items<T>(
    open: string,
    close: string,
    length: number,
    each: Iterable<T>,
    depth: number,
    write: (item: T, index: number) => string,
  ): string {
    if (length === 0) return open + close;
    if (!this.isWithin(depth)) return `${open}...${close.slice(-1)}`;
    this.spend(open + close);
    const parts: string[] = [];
    let complete = true;
    for (const item of each) {
      if (parts.length >= this.#limits.items || this.isSpent) {
        complete = false;
        break;
      }
      parts.push(write(item, parts.length));
      this.spend(', ');
    }
    const more = length - parts.length;
    if (complete && more <= 0) return open + parts.join(', ') + close;
    return `${open}${[...parts, more > 0 ? `... ${more} more` : '...'].join(', ')}${close.slice(-1)}`;
  }

  isWithin(depth: number): boolean {
    return depth < this.#limits.depth;
  }
}
