import { PairTable } from '../../../lib/pair-table.js';
import { at, type Model } from './model.js';

/** What frames of the flame graph are. */
export interface TreeOptions {
  /** A frame for each line that ran, or for each function. */
  readonly byLine: boolean;
  /** The instruction as one more frame on top. */
  readonly instructions: boolean;
  /** The thread as a frame at the root. */
  readonly threads: boolean;
}

/** Stacks put together where their frames are the same. Parents precede children; node 0 is the root of all. */
export interface CallTree {
  readonly length: number;
  readonly parent: Int32Array;
  /** Row of `frames` here; -1 for the root. */
  readonly frame: Int32Array;
  readonly frames: readonly TreeFrame[];
  /** By row of samples: the node at which its time was spent. */
  readonly ofRow: Int32Array;
  /** By row of the model's frames. */
  readonly ofFrame: Int32Array;
}

export interface TreeFrame {
  readonly kind: 'function' | 'instruction' | 'thread';
  readonly text: string;
  /** Row of the model's `functions`; -1 for what is none. */
  readonly function: number;
  /** 0 for none. */
  readonly line: number;
  /** Row of `opcodes`; -1 for what is none. */
  readonly opcode: number;
}

export function callTree(model: Model, options: TreeOptions): CallTree {
  const { samples, stacks } = model;
  const { frames, ofFrame } = functionFrames(model, options.byLine);
  const firstOpcode = frames.length;
  const others = { function: -1, line: 0 };
  for (const [opcode, { name }] of model.data.opcodes.entries()) {
    frames.push({ ...others, kind: 'instruction', text: name, opcode });
  }
  const firstThread = frames.length;
  for (const text of model.data.threads) frames.push({ ...others, kind: 'thread', text, opcode: -1 });

  const nodes = new PairTable();
  nodes.add(-1, -1);
  const known = new PairTable();
  const nodeOfKnown: number[] = [];
  const ofStack = (root: number, stack: number): number => {
    const path: number[] = [];
    let node = root;
    for (let above = stack; above >= 0; above = at(stacks.parent, above)) {
      const found = known.find(root, above);
      if (found >= 0) {
        node = nodeOfKnown[found] as number;
        break;
      }
      path.push(above);
    }
    for (let next = path.pop(); next !== undefined; next = path.pop()) {
      node = nodes.add(node, at(ofFrame, at(stacks.frame, next)));
      known.add(root, next);
      nodeOfKnown.push(node);
    }
    return node;
  };
  const ofRow = samples.stack.map((stack, row) => {
    const root = options.threads ? nodes.add(0, firstThread + at(samples.thread, row)) : 0;
    const node = ofStack(root, stack);
    const opcode = at(samples.opcode, row);
    return options.instructions && opcode >= 0 ? nodes.add(node, firstOpcode + opcode) : node;
  });
  const { first, second } = nodes.columns();
  return { length: first.length, parent: first, frame: second, frames, ofRow, ofFrame };
}

function functionFrames(model: Model, byLine: boolean) {
  const places = new PairTable();
  const frames: TreeFrame[] = [];
  const ofFrame = model.functionOfFrame.map((id, frame) => {
    const { name, fileName, firstLine } = model.functions[id] ?? nowhere;
    const line = Math.max(0, byLine ? at(model.frames.line, frame) : firstLine);
    const place = places.add(id, line);
    if (place === frames.length) {
      const text = `${name} (${fileName}${line > 0 ? `:${line}` : ''})`;
      frames.push({ kind: 'function', text, function: id, line, opcode: -1 });
    }
    return place;
  });
  return { frames, ofFrame };
}

const nowhere = { name: '', fileName: '', firstLine: 0 };

/** Time and samples by node, its own and with all above it. */
export interface NodeAmounts {
  readonly self: Float64Array;
  readonly weight: Float64Array;
  readonly count: Float64Array;
}

export function nodeAmounts({ samples }: Model, tree: CallTree, rows: Int32Array): NodeAmounts {
  const self = new Float64Array(tree.length);
  const count = new Float64Array(tree.length);
  for (const row of rows) {
    const node = at(tree.ofRow, row);
    self[node] = at(self, node) + at(samples.weight, row);
    count[node] = at(count, node) + at(samples.count, row);
  }
  const weight = self.slice();
  for (let node = tree.length - 1; node > 0; node--) {
    const parent = at(tree.parent, node);
    weight[parent] = at(weight, parent) + at(weight, node);
    count[parent] = at(count, parent) + at(count, node);
  }
  return { self, weight, count };
}

/** Share of the time that is under (or in) a frame that `matches`, each stretch of time once. */
export function matchedShare(
  tree: CallTree,
  { weight }: NodeAmounts,
  matches: (frame: number) => boolean,
): number {
  const covered = new Uint8Array(tree.length);
  let sum = 0;
  for (let node = 1; node < tree.length; node++) {
    if (covered[at(tree.parent, node)] === 1) covered[node] = 1;
    else if (matches(at(tree.frame, node))) {
      covered[node] = 1;
      sum += at(weight, node);
    }
  }
  return at(weight, 0) > 0 ? sum / at(weight, 0) : 0;
}
