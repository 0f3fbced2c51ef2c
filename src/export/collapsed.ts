import { printable } from '../lib/printable.js';
import type { Profile } from '../profile/profile.js';
import { type CallTree, callTree } from '../profile/tree.js';
import { frameText, isOfWaits, type View } from '../profile/view.js';
import { chunks } from './chunks.js';
import type { Format } from './format.js';

/**
 * `root;caller;leaf samples`, a line a stack: what flamegraph.pl, inferno and many other tools read. Of waits the number is
 * microseconds, as these tools have it of off-CPU stacks: there is no tick in a short wait. Of counts it is executions.
 */
export const collapsed: Format = {
  name: 'collapsed',
  aliases: ['raw', 'folded'],
  extensions: ['.collapsed', '.folded', '.raw', '.txt'],
  mediaType: 'text/plain; charset=utf-8',
  description: 'folded stacks, one a line with its number of samples, or microseconds of waits',
  write: (profile, view) => chunks(lines(profile, view)),
};

function* lines(profile: Profile, view: View): Generator<string> {
  const tree = callTree(profile, view);
  const texts = tree.frames.map((frame) => collapsedText(frameText(frame)));
  const amounts = isOfWaits(view) ? microseconds(tree.selfWeight) : tree.selfCount;
  for (let node = 1; node < tree.length; node++) {
    const amount = amounts[node] as number;
    if (amount > 0) {
      yield `${path(tree, texts, node)} ${amount}\n`;
    }
  }
}

function microseconds(nanoseconds: Float64Array): Float64Array {
  return nanoseconds.map((weight) => Math.round(weight / 1000));
}

function path(tree: CallTree, texts: readonly string[], node: number): string {
  const frames: string[] = [];
  for (let at = node; at > 0; at = tree.parent[at] as number) {
    frames.push(texts[tree.frame[at] as number] ?? '');
  }
  return frames.reverse().join(';');
}

/** Semicolons part the frames, so in a name they become commas; line ends are escaped. */
function collapsedText(text: string): string {
  return printable(text).replaceAll(';', ',');
}
