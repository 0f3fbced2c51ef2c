import { basename, dirname, extname, join } from 'node:path';
import type { Format } from '../export/format.js';

/** The file with the waits beside the one with what ran: `a.speedscope.json` has `a.off-cpu.speedscope.json`. */
export function pathOfWaits(path: string, format: Format): string {
  const name = basename(path);
  const [extension = extname(name)] = format.extensions
    .filter((known) => name.toLowerCase().endsWith(known))
    .sort((a, b) => b.length - a.length);
  const stem = name.slice(0, name.length - extension.length);
  return join(dirname(path), `${stem}.off-cpu${name.slice(stem.length)}`);
}
