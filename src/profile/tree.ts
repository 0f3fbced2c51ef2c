import { PairTable } from '../lib/pair-table.js';
import { rowFilter } from './filter.js';
import type { Profile } from './profile.js';
import { framesOnTop, type View, type ViewFrame, viewFrames } from './view.js';

/**
 * Who called whom, and for how long. Nodes by column; parents precede children; node 0 is the root of all,
 * which is no frame (its `frame` is -1). Stacks can be thousands deep, so nothing here recurses.
 */
export interface CallTree {
  readonly frames: readonly ViewFrame[];
  readonly length: number;
  readonly parent: Int32Array;
  /** Index into `frames`. */
  readonly frame: Int32Array;
  /** Samples and nanoseconds that ended at this node. */
  readonly selfCount: Float64Array;
  readonly selfWeight: Float64Array;
  /** The same with all that was called from it. */
  readonly count: Float64Array;
  readonly weight: Float64Array;
}

export function callTree(profile: Profile, view: View): CallTree {
  const { samples } = profile;
  const frames = viewFrames(profile, view);
  const nodes = new TreeNodes(profile, frames.ofFrame);
  const rows = rowFilter(profile, view.filter);
  const leaves = new Int32Array(samples.length).fill(-1);
  for (let row = 0; row < samples.length; row++) {
    if (!rows.keeps(row)) {
      continue;
    }
    const root = view.threads ? nodes.child(0, frames.ofThread[samples.thread[row] as number] as number) : 0;
    const node = nodes.ofStack(root, samples.stack[row] as number);
    leaves[row] = framesOnTop(profile, frames, row).reduce((below, frame) => nodes.child(below, frame), node);
  }
  const { parent, frame } = nodes.columns();
  return { frames: frames.frames, length: parent.length, parent, frame, ...sums(profile, leaves, parent) };
}

/** Rows of children by node: those of node `n` are `children[starts[n]]` up to before `starts[n + 1]`. */
export function childrenOf(tree: CallTree): { readonly starts: Int32Array; readonly children: Int32Array } {
  const starts = new Int32Array(tree.length + 1);
  for (let node = 1; node < tree.length; node++) {
    const at = (tree.parent[node] as number) + 1;
    starts[at] = (starts[at] as number) + 1;
  }
  for (let node = 0; node < tree.length; node++) {
    starts[node + 1] = (starts[node + 1] as number) + (starts[node] as number);
  }
  const next = starts.slice();
  const children = new Int32Array(Math.max(0, tree.length - 1));
  for (let node = 1; node < tree.length; node++) {
    const parent = tree.parent[node] as number;
    children[next[parent] as number] = node;
    next[parent] = (next[parent] as number) + 1;
  }
  return { starts, children };
}

function sums(profile: Profile, leaves: Int32Array, parent: Int32Array) {
  const { samples } = profile;
  const selfCount = new Float64Array(parent.length);
  const selfWeight = new Float64Array(parent.length);
  leaves.forEach((node, row) => {
    if (node >= 0) {
      selfCount[node] = (selfCount[node] as number) + (samples.count[row] as number);
      selfWeight[node] = (selfWeight[node] as number) + (samples.weight[row] as number);
    }
  });
  const count = selfCount.slice();
  const weight = selfWeight.slice();
  for (let node = parent.length - 1; node > 0; node--) {
    const above = parent[node] as number;
    count[above] = (count[above] as number) + (count[node] as number);
    weight[above] = (weight[above] as number) + (weight[node] as number);
  }
  return { selfCount, selfWeight, count, weight };
}

class TreeNodes {
  readonly #profile: Profile;
  readonly #ofFrame: Int32Array;
  /** (parent, view frame) */
  readonly #nodes = new PairTable();
  /** (root, stack): the stacks whose node is known, and that node by row. */
  readonly #known = new PairTable();
  readonly #nodeOfKnown: number[] = [];

  constructor(profile: Profile, ofFrame: Int32Array) {
    this.#profile = profile;
    this.#ofFrame = ofFrame;
    this.#nodes.add(-1, -1);
  }

  child(parent: number, frame: number): number {
    return this.#nodes.add(parent, frame);
  }

  /** Walks up to a stack whose node is known, then down again. */
  ofStack(root: number, stack: number): number {
    const { stacks } = this.#profile;
    const path: number[] = [];
    let node = root;
    for (let at = stack; at >= 0; at = stacks.parent[at] as number) {
      const known = this.#known.find(root, at);
      if (known >= 0) {
        node = this.#nodeOfKnown[known] as number;
        break;
      }
      path.push(at);
    }
    for (let at = path.pop(); at !== undefined; at = path.pop()) {
      node = this.child(node, this.#ofFrame[stacks.frame[at] as number] as number);
      this.#known.add(root, at);
      this.#nodeOfKnown.push(node);
    }
    return node;
  }

  columns(): { parent: Int32Array; frame: Int32Array } {
    const { first, second } = this.#nodes.columns();
    return { parent: first, frame: second };
  }
}
