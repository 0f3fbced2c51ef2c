import type { CallTree, NodeAmounts } from './call-tree.js';
import { at } from './model.js';

/** A frame of the flame graph. Its children are made when they are asked for: most are never wide enough to be seen. */
export interface FlameNode {
  /** Row of the tree's `frames`; -1 for the root. */
  readonly frame: number;
  readonly parent: FlameNode | undefined;
  readonly depth: number;
  /** Nanoseconds, as are the widths: where it begins, and how long it is. */
  readonly x: number;
  readonly weight: number;
  readonly count: number;
  /** Spent in the frame itself. */
  readonly self: number;
  /** Widest first. */
  children(): readonly FlameNode[];
}

/** Callers above callees. */
export function topDown(tree: CallTree, amounts: NodeAmounts): FlameNode {
  const { starts, children } = childrenOf(tree);
  const make = (node: number, parent: FlameNode | undefined, x: number): FlameNode => {
    const made: FlameNode = {
      frame: at(tree.frame, node),
      parent,
      depth: parent === undefined ? 0 : parent.depth + 1,
      x,
      weight: at(amounts.weight, node),
      count: at(amounts.count, node),
      self: at(amounts.self, node),
      children: once(() => {
        const ids = [...children.subarray(at(starts, node), at(starts, node + 1))]
          .filter((child) => at(amounts.weight, child) > 0)
          .sort((a, b) => at(amounts.weight, b) - at(amounts.weight, a));
        let next = x;
        return ids.map((child) => {
          const from = next;
          next += at(amounts.weight, child);
          return make(child, made, from);
        });
      }),
    };
    return made;
  };
  return make(0, undefined, 0);
}

/** Where time was spent, then who called that: each frame's children are its callers. */
export function inverted(tree: CallTree, amounts: NodeAmounts): FlameNode {
  const leaves: number[] = [];
  for (let node = 1; node < tree.length; node++) if (at(amounts.self, node) > 0) leaves.push(node);
  const own = new Float64Array(tree.length);
  // A node's own samples: what is left of it without its children.
  own.set(amounts.count);
  for (let node = 1; node < tree.length; node++) {
    const parent = at(tree.parent, node);
    own[parent] = at(own, parent) - at(amounts.count, node);
  }
  const make = (group: Group, parent: FlameNode | undefined, x: number): FlameNode => {
    const made: FlameNode = {
      frame: group.frame,
      parent,
      depth: parent === undefined ? 0 : parent.depth + 1,
      x,
      weight: group.weight,
      count: group.count,
      self: parent === undefined ? 0 : group.weight,
      children: once(() => {
        let next = x;
        return grouped(tree, amounts, own, group, parent === undefined).map((one) => {
          const from = next;
          next += one.weight;
          return make(one, made, from);
        });
      }),
    };
    return made;
  };
  const count = at(amounts.count, 0);
  return make({ frame: -1, weight: at(amounts.weight, 0), count, leaves, nodes: leaves }, undefined, 0);
}

/** Stacks whose frames are the same from the leaf down to here. */
interface Group {
  readonly frame: number;
  readonly weight: number;
  readonly count: number;
  readonly leaves: readonly number[];
  /** By leaf: how far down it is. */
  readonly nodes: readonly number[];
}

function grouped(
  tree: CallTree,
  { self }: NodeAmounts,
  own: Float64Array,
  { leaves, nodes }: Group,
  isRoot: boolean,
): readonly Group[] {
  interface Growing {
    readonly frame: number;
    weight: number;
    count: number;
    readonly leaves: number[];
    readonly nodes: number[];
  }
  const groups = new Map<number, Growing>();
  for (const [index, leaf] of leaves.entries()) {
    const here = nodes[index] as number;
    const node = isRoot ? here : at(tree.parent, here);
    if (node <= 0) continue;
    const frame = at(tree.frame, node);
    let group = groups.get(frame);
    if (group === undefined) {
      group = { frame, weight: 0, count: 0, leaves: [], nodes: [] };
      groups.set(frame, group);
    }
    group.weight += at(self, leaf);
    group.count += at(own, leaf);
    group.leaves.push(leaf);
    group.nodes.push(node);
  }
  return [...groups.values()].sort((a, b) => b.weight - a.weight);
}

function childrenOf({ length, parent }: CallTree): { starts: Int32Array; children: Int32Array } {
  const starts = new Int32Array(length + 1);
  for (let node = 1; node < length; node++)
    starts[at(parent, node) + 1] = at(starts, at(parent, node) + 1) + 1;
  for (let node = 0; node < length; node++) starts[node + 1] = at(starts, node + 1) + at(starts, node);
  const next = starts.slice();
  const children = new Int32Array(Math.max(0, length - 1));
  for (let node = 1; node < length; node++) {
    const above = at(parent, node);
    children[at(next, above)] = node;
    next[above] = at(next, above) + 1;
  }
  return { starts, children };
}

function once<Value>(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
