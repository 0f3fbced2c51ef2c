import type { ReadMemory } from '../../src/target/memory.js';

/** Memory made of regions, each with its address. */
export class FakeMemory {
  reads = 0;
  readonly #regions: readonly (readonly [address: bigint, bytes: Buffer])[];

  constructor(regions: readonly (readonly [address: bigint, bytes: Buffer])[]) {
    this.#regions = regions;
  }

  readonly read: ReadMemory = (address, length) => {
    this.reads++;
    const region = this.#regions.find(
      ([start, bytes]) => address >= start && address + BigInt(length) <= start + BigInt(bytes.length),
    );
    if (region === undefined) {
      return undefined;
    }
    const at = Number(address - region[0]);
    return Uint8Array.from(region[1].subarray(at, at + length));
  };
}
