import { dictLength } from '../target/objects/dict.js';
import type { ObjectReader } from '../target/objects/object-reader.js';

/**
 * Globals, looked up once for some looks in a row, since a module can have many. What was seen by them counts only if
 * each is still the same object when these looks are over.
 */
export class Globals {
  readonly #objects: ObjectReader;
  readonly #found = new Map<
    string,
    { readonly dict: bigint; readonly name: string; readonly object: bigint }
  >();
  readonly #later: (() => void)[] = [];

  constructor(objects: ObjectReader) {
    this.#objects = objects;
  }

  /** The object that a name stands for; 0n where it is none of the module's. */
  find(dict: bigint, name: string): bigint {
    const key = `${dict} ${name}`;
    const found = this.#found.get(key) ?? { dict, name, object: this.#objectOf(dict, name) };
    this.#found.set(key, found);
    return found.object;
  }

  /** What to do when it is sure that none has changed. */
  later(action: () => void): void {
    this.#later.push(action);
  }

  settle(): void {
    this.#objects.memory.forget();
    const same = [...this.#found.values()].every(
      ({ dict, name, object }) => this.#objectOf(dict, name) === object,
    );
    if (same) for (const action of this.#later) action();
  }

  #objectOf(dict: bigint, name: string): bigint {
    const { memory, fields } = this.#objects;
    // It is gone through from its first entry on.
    if ((dictLength(memory, fields, dict) ?? 0) > mostNames) return 0n;
    return this.#objects.item(dict, name) ?? 0n;
  }
}

const mostNames = 2000;
