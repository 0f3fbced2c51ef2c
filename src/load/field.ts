import { HeavyopsError } from '../errors.js';

/** A value of a file that is being read, with its place in it for messages: `samples.stack[7]`. */
export class Field {
  readonly #value: unknown;
  readonly #file: string;
  readonly #path: string;

  constructor(value: unknown, file: string, path = '') {
    this.#value = value;
    this.#file = file;
    this.#path = path;
  }

  /** A field of an object. */
  get(name: string): Field {
    const object = this.#value;
    if (typeof object !== 'object' || object === null || Array.isArray(object)) {
      throw this.invalid('is not an object');
    }
    const path = this.#path === '' ? name : `${this.#path}.${name}`;
    const value = Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined;
    if (value === undefined) {
      throw new Field(undefined, this.#file, path).invalid('is missing');
    }
    return new Field(value, this.#file, path);
  }

  /** A field of an object that not every such object has. */
  find(name: string): Field | undefined {
    const object = this.#value;
    const has = typeof object === 'object' && object !== null && Object.hasOwn(object, name);
    return has ? this.get(name) : undefined;
  }

  items(): Field[] {
    return this.#array().map((value, index) => this.#item(value, index));
  }

  text(): string {
    if (typeof this.#value !== 'string') {
      throw this.invalid('is not text');
    }
    return this.#value;
  }

  flag(): boolean {
    if (typeof this.#value !== 'boolean') {
      throw this.invalid('is neither true nor false');
    }
    return this.#value;
  }

  /** A finite number, 0 or more. */
  amount(): number {
    if (typeof this.#value !== 'number' || !Number.isFinite(this.#value) || this.#value < 0) {
      throw this.invalid('is not a number of 0 or more');
    }
    return this.#value;
  }

  integer(least: number, most: number): number {
    if (typeof this.#value !== 'number' || !isWhole(this.#value, least, most)) {
      throw this.invalid(`is not a whole number from ${least} to ${most}`);
    }
    return this.#value;
  }

  oneOf<Name extends string>(names: readonly Name[]): Name {
    const found = names.find((name) => name === this.#value);
    if (found === undefined) {
      throw this.invalid(`is none of ${names.join(', ')}`);
    }
    return found;
  }

  /** Bytes from base64. */
  bytes(): Uint8Array {
    const text = this.text();
    const bytes = Buffer.from(text, 'base64');
    if (bytes.toString('base64') !== text) {
      throw this.invalid('is not base64');
    }
    return bytes;
  }

  /** A column of `length` whole numbers, the bounds of row `row` being `least` and `most(row)`. */
  integers(length: number, least: number, most: (row: number) => number): readonly number[] {
    const column = this.#array(length);
    column.forEach((value, row) => {
      if (typeof value !== 'number' || !isWhole(value, least, most(row))) {
        this.#item(value, row).integer(least, most(row));
      }
    });
    return column as number[];
  }

  /** A column of `length` finite numbers, each 0 or more. */
  amounts(length: number): readonly number[] {
    const column = this.#array(length);
    column.forEach((value, row) => {
      if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
        this.#item(value, row).amount();
      }
    });
    return column as number[];
  }

  invalid(problem: string): HeavyopsError {
    const where = this.#path === '' ? 'its content' : this.#path;
    return new HeavyopsError(
      'INPUT_INVALID',
      `${this.#file} is not a valid heavyops profile: ${where} ${problem}`,
      'heavyops reads back only what it wrote as json; docs/formats.md describes the fields.',
    );
  }

  #array(length?: number): readonly unknown[] {
    if (!Array.isArray(this.#value)) {
      throw this.invalid('is not a list');
    }
    if (length !== undefined && this.#value.length !== length) {
      throw this.invalid(`has ${this.#value.length} rows, not ${length}`);
    }
    return this.#value;
  }

  #item(value: unknown, index: number): Field {
    return new Field(value, this.#file, `${this.#path}[${index}]`);
  }
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
