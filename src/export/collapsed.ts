import { printable } from '../lib/printable.js';
import type { Profile } from '../profile/profile.js';
import { type CallTree, callTree } from '../profile/tree.js';
import { frameText, type View } from '../profile/view.js';
import { chunks } from './chunks.js';
import type { Format } from './format.js';

/** `root;caller;leaf samples`, a line a stack: what flamegraph.pl, inferno and many other tools read. */
export const collapsed: Format = {
  name: 'collapsed',
  aliases: ['raw', 'folded'],
  extensions: ['.collapsed', '.folded', '.raw', '.txt'],
  mediaType: 'text/plain; charset=utf-8',
  description: 'folded stacks, one a line with its number of samples',
  write: (profile, view) => chunks(lines(profile, view)),
};

function* lines(profile: Profile, view: View): Generator<string> {
  const tree = callTree(profile, view);
  const texts = tree.frames.map((frame) => collapsedText(frameText(frame)));
  for (let node = 1; node < tree.length; node++) {
    const count = tree.selfCount[node] as number;
    if (count > 0) {
      yield `${path(tree, texts, node)} ${count}\n`;
    }
  }
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
