/**
 * Samples a process with configurations that are wrong in random ways, and says which one it is at. Runs as a process
 * of its own, so that its test sees a crash as one.
 *
 * Usage: misled-sampler.js PID FIRST COUNT; each number from FIRST on seeds one configuration.
 */
import { readFileSync } from 'node:fs';
import { type NativeSampler, native, type SamplerConfig } from '../../src/native.js';
import { samplerConfig } from '../../src/session/sampler-config.js';
import { openTarget } from '../../src/target/target.js';

const [pid = 0, first = 0, count = 0] = process.argv.slice(2).map(Number);
const target = await openTarget(pid);
const right = samplerConfig(target, { rate: 1000 });
const ranges = readableRanges();
const ticks = 4;

let sampled = 0;

for (let seed = first; seed < first + count; seed++) {
  process.stdout.write(`${seed} `);
  sampleWith(generator(seed));
}
const mebibytes = Math.round(process.resourceUsage().maxRSS / 1024);
process.stdout.write(`${JSON.stringify({ sampled, mebibytes })}\n`);

function sampleWith(random: () => number): void {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const somewhere = (): bigint => {
    const [start, end] = pick(ranges);
    const offset = BigInt(Math.floor(random() * Number(end - start)));
    return start + (random() < 0.7 ? offset & ~7n : offset);
  };
  const layout: Record<string, number> = { ...right.layout };
  const changes = pick([0, 0, 1, 2, 5, 20]);
  for (let change = 0; change < changes; change++) {
    const field = pick(Object.keys(layout));
    layout[field] = pick([
      () => Math.floor(random() * 1024) * 8,
      () => Math.floor(random() * 4096),
      () => (layout[field] ?? 0) + pick([-16, -8, 8, 16]),
      () => layout[pick(Object.keys(layout))] ?? 0,
    ])();
  }
  const noise = () => Uint8Array.from({ length: 256 }, () => Math.floor(random() * 256));
  const sampler = samplerFor({
    ...right,
    layout,
    interpretersHead: changes === 0 || random() < 0.4 ? somewhere() : right.interpretersHead,
    gilHolder: random() < 0.3 ? somewhere() : right.gilHolder,
    cacheEntries: random() < 0.2 ? noise() : right.cacheEntries,
    opcodeFlags: random() < 0.2 ? Uint16Array.from(noise()) : right.opcodeFlags,
  });
  if (sampler === undefined) return;
  for (let tick = 0; tick < ticks; tick++) sampler.sampleOnce();
  const batch = sampler.drain();
  batch.codes.forEach((_, id) => {
    sampler.bytecode(id);
  });
  sampler.lastFrames();
  sampled += 1;
}

/** A layout that cannot be is refused from the start. */
function samplerFor(config: SamplerConfig): NativeSampler | undefined {
  try {
    return new (native().Sampler)(config);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** [start, end) of what the target has mapped readable. */
function readableRanges(): readonly (readonly [bigint, bigint])[] {
  const maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
  return [...maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) r.*$/gm)]
    .filter(([line]) => !/\[(vvar|vsyscall)/.test(line))
    .map(([, start, end]) => [BigInt(`0x${start}`), BigInt(`0x${end}`)] as const);
}

/** mulberry32: the same numbers for the same seed. */
function generator(seed: number): () => number {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
