import { type CallTree, childrenOf } from '../profile/tree.js';
import { frameText, type ViewFrame } from '../profile/view.js';

/** Frames narrower than this share of the whole are left out: a tenth of a pixel on 1,200. */
const MIN_SHARE = 1 / 12_000;
const MAX_FRAMES = 20_000;

/** A frame as it is drawn: from `x`, `weight` wide (nanoseconds both), `depth` rows from the root. */
export interface Box {
  readonly node: number;
  /** Undefined for the root of all. */
  readonly frame: ViewFrame | undefined;
  readonly text: string;
  readonly x: number;
  readonly weight: number;
  readonly count: number;
  readonly depth: number;
}

export interface Layout {
  /** Each before the frames it called, and these from left to right. */
  readonly boxes: readonly Box[];
  /** Depth of the highest box. */
  readonly depth: number;
  /** Nanoseconds of the frames that were too narrow, without counting one inside another. */
  readonly omitted: number;
}

/** Lays a tree out, callees in alphabetical order from the left edge of their caller on. */
export function layout(tree: CallTree): Layout {
  const shown = shownNodes(tree);
  const texts = tree.frames.map(frameText);
  const { starts, children } = childrenOf(tree);
  const boxes: Box[] = [];
  const waiting = [{ node: 0, x: 0, depth: 0 }];
  let depth = 0;
  let omitted = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    boxes.push(box(tree, texts, next));
    depth = Math.max(depth, next.depth);
    const below = { node: next.node, x: next.x, depth: next.depth + 1 };
    const called = children.slice(starts[next.node], starts[next.node + 1]);
    const visible = Array.from(called).filter((node) => shown[node] === 1);
    omitted += called.reduce((sum, node) => sum + (shown[node] === 1 ? 0 : (tree.weight[node] as number)), 0);
    visible.sort((a, b) => compare(textOf(tree, texts, a), textOf(tree, texts, b)) || a - b);
    waiting.push(...placed(tree, visible, below).reverse());
  }
  return { boxes, depth, omitted };
}

/** 1 for the nodes that are wide enough and among the widest; a node's parent is never narrower than itself. */
function shownNodes(tree: CallTree): Uint8Array {
  const least = (tree.weight[0] ?? 0) * MIN_SHARE;
  const nodes = Array.from({ length: tree.length }, (_, node) => node)
    .filter(
      (node) => node === 0 || ((tree.weight[node] as number) >= least && (tree.weight[node] as number) > 0),
    )
    .sort((a, b) => (tree.weight[b] as number) - (tree.weight[a] as number) || a - b)
    .slice(0, MAX_FRAMES);
  const shown = new Uint8Array(tree.length);
  for (const node of nodes) {
    shown[node] = 1;
  }
  return shown;
}

function placed(tree: CallTree, nodes: readonly number[], { x, depth }: { x: number; depth: number }) {
  let at = x;
  return nodes.map((node) => {
    const place = { node, x: at, depth };
    at += tree.weight[node] as number;
    return place;
  });
}

function box(tree: CallTree, texts: readonly string[], at: { node: number; x: number; depth: number }): Box {
  return {
    ...at,
    frame: tree.frames[tree.frame[at.node] as number],
    text: textOf(tree, texts, at.node),
    weight: tree.weight[at.node] as number,
    count: tree.count[at.node] as number,
  };
}

function textOf(tree: CallTree, texts: readonly string[], node: number): string {
  return texts[tree.frame[node] as number] ?? 'all';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
