import { element } from './dom.js';
import type { FlameNode } from './flame-nodes.js';

/** What the canvas is told about frames. */
export interface FlamePainter {
  colour(node: FlameNode): string;
  text(node: FlameNode): string;
  isMatched(node: FlameNode): boolean | undefined;
  readonly textColour: string;
  readonly mutedColour: string;
  readonly focusColour: string;
  readonly matchedColour: string;
  readonly restColour: string;
}

export interface FlameEvents {
  /** The frame that is pointed at, or that the keyboard is on. */
  onFocus(node: FlameNode | undefined): void;
  onZoom(node: FlameNode): void;
}

interface Box {
  readonly node: FlameNode;
  readonly left: number;
  readonly width: number;
}

const row = 20;
/** Pixels: what is narrower is drawn together with its neighbours, as one strip. */
const narrowest = 0.8;
const narrowestText = 28;
const narrowestNote = 120;
/** Milliseconds. */
const zoomTime = 160;

/**
 * Draws a flame graph. Only what is wide enough to be seen is ever looked at, so the time it takes depends on the
 * width of the window, and not on the number of stacks.
 */
export class FlameCanvas {
  readonly element: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #spacer: HTMLElement;
  readonly #events: FlameEvents;
  #painter: FlamePainter | undefined;
  #root: FlameNode | undefined;
  #zoomed: FlameNode | undefined;
  #focused: FlameNode | undefined;
  #from = 0;
  #span = 1;
  /** By depth, from left to right. */
  #rows: Box[][] = [];
  #rests: Box[][] = [];
  #frame = 0;

  constructor(events: FlameEvents) {
    this.#events = events;
    this.#canvas = element('canvas', { 'aria-hidden': 'true' });
    this.#spacer = element('div', { class: 'spacer' });
    this.element = element(
      'div',
      {
        class: 'flame',
        tabindex: 0,
        role: 'application',
        'aria-label':
          'Flame graph. Arrow keys go from frame to frame, Enter zooms to one, Escape shows all. The functions table has the same in words.',
        scroll: () => this.#paint(),
        keydown: (event: KeyboardEvent) => this.#onKey(event),
        mousemove: (event: MouseEvent) => this.#point(this.#hit(event)),
        mouseleave: () => this.#point(undefined),
        click: (event: MouseEvent) => {
          const node = this.#hit(event);
          if (node !== undefined) this.zoom(node);
        },
      },
      this.#canvas,
      this.#spacer,
    );
    new ResizeObserver(() => this.#layout()).observe(this.element);
  }

  show(root: FlameNode, painter: FlamePainter): void {
    this.#painter = painter;
    this.#root = root;
    this.#zoomed = root;
    this.#focused = undefined;
    [this.#from, this.#span] = [root.x, root.weight];
    this.#layout();
  }

  /** The same frames in other colours, or others of them marked. */
  repaint(painter: FlamePainter): void {
    this.#painter = painter;
    this.#paint();
  }

  zoom(node: FlameNode): void {
    this.#zoomed = node;
    this.#focused = node;
    this.#events.onZoom(node);
    this.#animate(node.x, node.weight);
  }

  reset(): void {
    if (this.#root !== undefined) this.zoom(this.#root);
  }

  get zoomed(): FlameNode | undefined {
    return this.#zoomed;
  }

  #animate(from: number, span: number): void {
    cancelAnimationFrame(this.#frame);
    const [oldFrom, oldSpan, began] = [this.#from, this.#span, performance.now()];
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const step = () => {
      const done = still ? 1 : Math.min(1, (performance.now() - began) / zoomTime);
      const eased = 1 - (1 - done) ** 3;
      this.#from = oldFrom + (from - oldFrom) * eased;
      this.#span = oldSpan + (span - oldSpan) * eased;
      this.#layout();
      if (done < 1) this.#frame = requestAnimationFrame(step);
    };
    step();
  }

  #layout(): void {
    const root = this.#root;
    const width = this.element.clientWidth;
    if (root === undefined || width === 0) return;
    this.#rows = [];
    this.#rests = [];
    const scale = width / this.#span;
    const place = ({ x, weight }: { x: number; weight: number }) => ({
      left: (x - this.#from) * scale,
      width: weight * scale,
    });
    const stack = [root];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      const box = { node, ...place(node) };
      rowAt(this.#rows, node.depth).push(box);
      for (const child of node.children()) {
        const at = place(child);
        if (at.left + at.width < 0) continue;
        if (at.left > width) break;
        if (at.width < narrowest) {
          // Children stand widest first: all from here on are narrower.
          const last = node.children().at(-1) ?? child;
          const rest = { x: child.x, weight: last.x + last.weight - child.x };
          rowAt(this.#rests, child.depth).push({ node: child, ...place(rest) });
          break;
        }
        stack.push(child);
      }
    }
    for (const boxes of this.#rows) boxes.sort((a, b) => a.left - b.left);
    this.#spacer.style.height = `${Math.max(this.#rows.length, this.#rests.length) * row + 4}px`;
    this.#paint();
  }

  #paint(): void {
    const painter = this.#painter;
    const context = this.#canvas.getContext('2d');
    const { clientWidth: width, clientHeight: height, scrollTop } = this.element;
    if (painter === undefined || context === null || width === 0) return;
    const ratio = devicePixelRatio || 1;
    if (
      this.#canvas.width !== Math.round(width * ratio) ||
      this.#canvas.height !== Math.round(height * ratio)
    ) {
      this.#canvas.width = Math.round(width * ratio);
      this.#canvas.height = Math.round(height * ratio);
      this.#canvas.style.width = `${width}px`;
      this.#canvas.style.height = `${height}px`;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = getComputedStyle(this.element).font;
    context.textBaseline = 'middle';
    const first = Math.floor(scrollTop / row);
    const last = Math.ceil((scrollTop + height) / row);
    for (let depth = first; depth < last; depth++) {
      const y = depth * row - scrollTop;
      context.fillStyle = painter.restColour;
      for (const { node, left, width: wide } of this.#rests[depth] ?? []) {
        context.globalAlpha = 0.6;
        fill(context, left, y, wide, width);
        context.globalAlpha = 1;
        const shown = Math.min(left + wide, width) - Math.max(left, 0);
        if (shown >= narrowestNote) {
          context.fillStyle = painter.mutedColour;
          const siblings = node.parent?.children() ?? [];
          const text = `${siblings.length - siblings.indexOf(node)} narrow frames: a click zooms to one`;
          context.fillText(fitted(context, text, shown - 8), Math.max(left, 0) + 4, y + row / 2, shown - 6);
          context.fillStyle = painter.restColour;
        }
      }
      for (const box of this.#rows[depth] ?? []) this.#paintBox(context, painter, box, y, width);
    }
  }

  #paintBox(
    context: CanvasRenderingContext2D,
    painter: FlamePainter,
    { node, left, width }: Box,
    y: number,
    whole: number,
  ): void {
    const matched = painter.isMatched(node);
    const isAbove = this.#zoomed !== undefined && node.depth < this.#zoomed.depth;
    context.globalAlpha = isAbove ? 0.55 : matched === false ? 0.3 : 1;
    context.fillStyle = matched === true ? painter.matchedColour : painter.colour(node);
    fill(context, left, y, width, whole);
    context.globalAlpha = matched === false ? 0.6 : 1;
    const shown = Math.min(left + width, whole) - Math.max(left, 0);
    if (shown >= narrowestText) {
      context.fillStyle = painter.textColour;
      const text = fitted(context, painter.text(node), shown - 8);
      context.fillText(text, Math.max(left, 0) + 4, y + row / 2, shown - 6);
    }
    context.globalAlpha = 1;
    if (node === this.#focused) {
      context.strokeStyle = painter.focusColour;
      context.lineWidth = 2;
      context.strokeRect(Math.max(left, 0) + 1, y + 1, Math.max(2, shown - 2), row - 3);
    }
  }

  #hit(event: MouseEvent): FlameNode | undefined {
    const { left, top } = this.element.getBoundingClientRect();
    const x = event.clientX - left;
    const depth = Math.floor((event.clientY - top + this.element.scrollTop) / row);
    const isAt = (box: Box) => x >= box.left && x < box.left + box.width;
    const rest = this.#rests[depth]?.find(isAt);
    const here = this.#rows[depth]?.find(isAt)?.node;
    return here ?? (rest && siblingAt(rest.node, this.#from + (x * this.#span) / this.element.clientWidth));
  }

  #point(node: FlameNode | undefined): void {
    if (node === this.#focused) return;
    this.#focused = node;
    this.element.style.cursor = node === undefined ? '' : 'pointer';
    this.#events.onFocus(node);
    this.#paint();
  }

  #onKey(event: KeyboardEvent): void {
    const here = this.#focused ?? this.#zoomed ?? this.#root;
    if (here === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = this.#neighbour(here, event.key);
    if (event.key === 'Enter') this.zoom(here);
    else if (event.key === 'Escape') this.reset();
    else if (next === undefined) return;
    else {
      this.#point(next);
      this.#scrollTo(next);
    }
    event.preventDefault();
  }

  #neighbour(node: FlameNode, key: string): FlameNode | undefined {
    if (key === 'ArrowUp') return node.parent ?? node;
    if (key === 'ArrowDown') return node.children()[0] ?? node;
    if (key !== 'ArrowLeft' && key !== 'ArrowRight') return undefined;
    const beside = this.#rows[node.depth] ?? [];
    const index = beside.findIndex((box) => box.node === node);
    return beside[index + (key === 'ArrowLeft' ? -1 : 1)]?.node ?? node;
  }

  #scrollTo({ depth }: FlameNode): void {
    const { scrollTop, clientHeight } = this.element;
    if (depth * row < scrollTop) this.element.scrollTop = depth * row;
    if ((depth + 1) * row > scrollTop + clientHeight)
      this.element.scrollTop = (depth + 1) * row - clientHeight;
  }
}

function rowAt(rows: Box[][], depth: number): Box[] {
  while (rows.length <= depth) rows.push([]);
  return rows[depth] as Box[];
}

function fill(
  context: CanvasRenderingContext2D,
  left: number,
  y: number,
  width: number,
  whole: number,
): void {
  const from = Math.max(left, 0);
  const to = Math.min(left + width, whole);
  context.fillRect(from, y, Math.max(to - from - (width > 2 ? 1 : 0), 0.5), row - 1);
}

/** Of the frames from this one on, which lie side by side, the one that is at a place. */
function siblingAt(first: FlameNode, place: number): FlameNode {
  const siblings = first.parent?.children() ?? [first];
  let low = siblings.indexOf(first);
  let high = siblings.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((siblings[middle]?.x ?? 0) <= place) low = middle;
    else high = middle - 1;
  }
  return siblings[low] ?? first;
}

/** As much of a text as there is room for. Characters are of about the same width. */
function fitted(context: CanvasRenderingContext2D, text: string, room: number): string {
  const width = context.measureText(text).width;
  if (width <= room) return text;
  const kept = Math.floor((text.length * room) / width) - 1;
  return kept > 1 ? `${text.slice(0, kept)}…` : '';
}
