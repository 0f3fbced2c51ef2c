import { basename } from 'node:path';

/**
 * @typedef {object} NativeFrame
 * @property {string} name without its arguments and what templates were given
 * @property {string} file the library that it is in, or "kernel"
 */

/**
 * The stacks in what `perf script -F ip,sym,dso` prints: a paragraph a sample, leaf first, a line a frame.
 *
 * @param {string} text
 * @returns {readonly (readonly NativeFrame[])[]} root first
 */
export function perfStacks(text) {
  return text
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.split('\n').flatMap(frameOf).reverse())
    .filter((frames) => frames.length > 0);
}

/** @param {string} line as in "    2cf06 heavyops::Sampler::run (/srv/heavyops.node)" @returns {NativeFrame[]} */
function frameOf(line) {
  const match = /^\s+[0-9a-f]+ (.+) \(([^()]+)\)$/.exec(line);
  if (match === null) return [];
  const [, symbol = '', place = ''] = match;
  if (symbol === '[unknown]') return [];
  const file = place.startsWith('[')
    ? place.slice(1, -1).replace('kernel.kallsyms', 'kernel')
    : basename(place);
  return [{ name: shortened(symbol), file }];
}

/** std::thread's own frames have names of several hundred characters. @param {string} symbol */
function shortened(symbol) {
  let [depth, name] = [0, ''];
  for (const character of symbol) {
    if (character === '<') depth++;
    if (depth === 0) name += character;
    if (character === '>') depth--;
  }
  return name.replace(/\(.*$/, '') || symbol;
}
