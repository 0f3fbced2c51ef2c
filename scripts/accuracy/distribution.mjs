import { opcodeTable } from '../../dist/src/python/opcodes.js';

/** How often each stack, and each leaf instruction, was seen. */
export class Distribution {
  stacks = new Map();
  instructions = new Map();
  total = 0;
  counters;
  #opcodes;
  #codes = [];
  #frames = [];
  #stacks = [];

  constructor(target) {
    this.#opcodes = opcodeTable(target.version);
  }

  add({ codes, frames, stacks, samples, counters }) {
    this.counters = counters;
    this.#codes.push(...codes);
    for (const code of frames.code) this.#frames.push(this.#codes[code].name);
    stacks.parent.forEach((parent, row) => {
      const name = this.#frames[stacks.frame[row]];
      this.#stacks.push(parent < 0 ? name : `${this.#stacks[parent]} > ${name}`);
    });
    samples.stack.forEach((stack, row) => {
      const count = samples.count[row];
      this.total += count;
      raise(this.stacks, this.#stacks[stack] ?? '(unreadable)', count);
      raise(this.instructions, this.#opcodes.name(samples.opcode[row]), count);
    });
  }
}

function raise(map, key, by) {
  map.set(key, (map.get(key) ?? 0) + by);
}

/** Total variation distance. */
export function distance(a, b, key) {
  const keys = new Set([...a[key].keys(), ...b[key].keys()]);
  const share = (one, name) => (one[key].get(name) ?? 0) / one.total;
  return [...keys].reduce((sum, name) => sum + Math.abs(share(a, name) - share(b, name)), 0) / 2;
}

/** How many samples mix the two families of chains.py, which no stack does. @param {ReadonlyMap<string, number>} stacks */
export function mixed(stacks) {
  return [...stacks].reduce(
    (sum, [stack, count]) => (/1/.test(stack) && /2/.test(stack) ? sum + count : sum),
    0,
  );
}
