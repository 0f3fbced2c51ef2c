/**
 * Counts of stacks, root first, functions' names only, parted by semicolons.
 * @typedef {Map<string, number>} Stacks
 */

/**
 * Folded stacks as all three write them: `name (file:line)` (heavyops, py-spy), `file:name:line` (CPython's own,
 * with a first frame `tid:N`).
 *
 * @param {string} text
 * @param {'name first' | 'file first'} frames
 * @returns {Stacks}
 */
export function collapsedStacks(text, frames) {
  /** @type {Stacks} */
  const stacks = new Map();
  const nameOf = frames === 'name first' ? nameFirst : nameBetween;
  for (const line of text.split('\n')) {
    const space = line.lastIndexOf(' ');
    if (space < 0) continue;
    const names = line
      .slice(0, space)
      .split(';')
      .filter((frame) => !frame.startsWith('tid:'))
      .map(nameOf);
    const key = names.join(';');
    stacks.set(key, (stacks.get(key) ?? 0) + Number(line.slice(space + 1)));
  }
  return stacks;
}

/** @param {string} frame */
function nameFirst(frame) {
  return frame.replace(/ \([^()]*\)$/, '');
}

/** @param {string} frame */
function nameBetween(frame) {
  return frame.split(':').at(-2) ?? frame;
}
