import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { type Layout, layoutFor } from '../../src/python/layout.js';
import type { PythonVersion } from '../../src/target/version.js';
import type { MemoryImage } from '../helpers/memory-image.js';

/** A recorded interpreter, as the native fuzz test has it: see test/native/fuzz/image.cc. */
export interface RecordedImage {
  readonly name: string;
  readonly version: Pick<PythonVersion, 'major' | 'minor' | 'micro' | 'freeThreaded'>;
  readonly layout: Layout;
  readonly interpretersHead: bigint;
  readonly pages: MemoryImage;
}

const directory = fileURLToPath(new URL('../../../test/native/images/', import.meta.url));
const pageSize = 4096n;

/** All images, as their interpreters were at the last instant. */
export function recordedImages(): readonly RecordedImage[] {
  const packed = readdirSync(directory).filter((file) => file.endsWith('.br'));
  return packed.map((file) => parse(brotliDecompressSync(readFileSync(directory + file)).toString('latin1')));
}

function parse(text: string): RecordedImage {
  const [, name = ''] = /^name (.+)$/m.exec(text) ?? [];
  const [, head = '0'] = /^interpreters_head ([0-9a-f]+)$/m.exec(text) ?? [];
  const [, minor = '', threads] = /^3\.(\d+)(t?)$/.exec(name) ?? [];
  const version = { major: 3, minor: Number(minor), micro: 0, freeThreaded: threads === 't' };
  const pages = new Map<bigint, Uint8Array>();
  for (const [, address = '', hex = ''] of text.matchAll(/^bytes ([0-9a-f]+) ([0-9a-f]+)$/gm)) {
    const at = BigInt(`0x${address}`);
    const start = at - (at % pageSize);
    const page = pages.get(start) ?? new Uint8Array(Number(pageSize));
    page.set(Buffer.from(hex, 'hex'), Number(at % pageSize));
    pages.set(start, page);
  }
  return { name, version, layout: layoutFor(version), interpretersHead: BigInt(`0x${head}`), pages };
}
