/**
 * What runs inside a flame graph's SVG. These functions and the class are embedded as they stand (their own
 * source text), so they may use nothing but each other and the page. The geometry is apart from the page, and
 * tested without one.
 */
export function flamegraphScript(): string {
  const parts = [boxOnScreen, fittedText, matchedWeight, FlamegraphPage];
  return `${parts.map(String).join('\n')}\nnew FlamegraphPage(document, window).start();\n`;
}

/** A frame: from `x` on, `weight` wide, `depth` rows from the root. */
export interface ScriptBox {
  readonly x: number;
  readonly weight: number;
  readonly depth: number;
}

/**
 * Where a frame lies when `zoomed` fills the width, in per cent: undefined when beside it, the whole width
 * when below it.
 */
export function boxOnScreen(
  box: ScriptBox,
  zoomed: ScriptBox,
): { readonly left: number; readonly width: number; readonly below: boolean } | undefined {
  const end = box.x + box.weight;
  const zoomedEnd = zoomed.x + zoomed.weight;
  if (box.depth < zoomed.depth) {
    return box.x <= zoomed.x && end >= zoomedEnd ? { left: 0, width: 100, below: true } : undefined;
  }
  if (end <= zoomed.x || box.x >= zoomedEnd) {
    return undefined;
  }
  const scale = 100 / zoomed.weight;
  return { left: (box.x - zoomed.x) * scale, width: box.weight * scale, below: false };
}

/** As much of a text as fits into so many columns, `..` for the rest; nothing where it would say nothing. */
export function fittedText(text: string, columns: number): string {
  const characters = [...text];
  const widthOf = (character: string) => ((character.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1);
  if (characters.reduce((sum, character) => sum + widthOf(character), 0) <= columns) {
    return text;
  }
  let fitted = '';
  let left = columns - 2;
  for (const character of characters) {
    left -= widthOf(character);
    if (left < 0) {
      break;
    }
    fitted += character;
  }
  return fitted === '' ? '' : `${fitted}..`;
}

/** Weight of the matched frames, one that is inside another counted once. Callers come before what they call. */
export function matchedWeight(boxes: readonly ScriptBox[], matched: (index: number) => boolean): number {
  let weight = 0;
  let covered = Number.NEGATIVE_INFINITY;
  boxes.forEach((box, index) => {
    if (matched(index) && box.x >= covered) {
      weight += box.weight;
      covered = box.x + box.weight;
    }
  });
  return weight;
}

/** The part that touches the page: zoom, search, text that fits, arrow keys. */
export class FlamegraphPage {
  readonly #page: PageDocument;
  readonly #window: PageWindow;
  readonly #frames: PageElement;
  readonly #groups: PageElement[];
  readonly #boxes: ScriptBox[];
  readonly #texts: string[];
  #zoomed = 0;
  #columnWidth = 7.2;

  constructor(page: PageDocument, window: PageWindow) {
    this.#page = page;
    this.#window = window;
    this.#frames = this.#find('#frames');
    this.#groups = Array.from(this.#frames.querySelectorAll('g'));
    this.#boxes = this.#groups.map((group) => ({
      x: Number(group.getAttribute('data-x')),
      weight: Number(group.getAttribute('data-w')),
      depth: Number(group.getAttribute('data-d')),
    }));
    this.#texts = this.#groups.map((group) => group.getAttribute('data-t') ?? '');
  }

  start() {
    this.#page.documentElement.setAttribute('width', '100%');
    this.#find('#controls').removeAttribute('display');
    this.#measure();
    this.#listen();
    this.#draw();
    const last = this.#page.documentElement.getBoundingClientRect();
    this.#window.scrollTo(0, last.height);
  }

  #listen() {
    const group = (event: PageEvent) => event.target.closest('#frames g');
    const index = (event: PageEvent) => {
      const found = group(event);
      return found === null ? -1 : this.#groups.indexOf(found);
    };
    this.#frames.addEventListener('click', (event) => this.#zoom(index(event)));
    this.#frames.addEventListener('keydown', (event) => this.#key(event, index(event)));
    for (const kind of ['mouseover', 'focusin']) {
      this.#frames.addEventListener(kind, (event) => this.#describe(group(event)));
    }
    this.#find('#reset').addEventListener('click', () => this.#zoom(0));
    this.#find('#search').addEventListener('input', () => this.#search());
    this.#window.addEventListener('resize', () => this.#draw());
    this.#window.addEventListener('keydown', (event) => this.#shortcut(event));
  }

  /** Ctrl-F searches here; pressed again, it is the browser's own. */
  #shortcut(event: PageEvent) {
    const search = this.#find('#search');
    if ((event.ctrlKey || event.metaKey) && event.key === 'f' && this.#page.activeElement !== search) {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === 'Escape') {
      search.value = '';
      this.#search();
      this.#zoom(0);
    }
  }

  #key(event: PageEvent, index: number) {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      this.#zoom(index);
      return;
    }
    const next = this.#neighbour(index, event.key);
    const group = this.#groups[next];
    if (group !== undefined && next !== index) {
      event.preventDefault();
      this.#groups[index]?.setAttribute('tabindex', '-1');
      group.setAttribute('tabindex', '0');
      group.focus();
    }
  }

  /** Up goes to the first callee, down to the caller, left and right to the frames beside, of those in view. */
  #neighbour(index: number, key: string): number {
    const depth = this.#boxes[index]?.depth ?? 0;
    const step = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[key];
    const rows = { ArrowUp: 1, ArrowRight: 0, ArrowDown: -1, ArrowLeft: 0 }[key];
    if (step === undefined || rows === undefined) {
      return index;
    }
    for (let at = index + step; at >= 0 && at < this.#boxes.length; at += step) {
      const box = this.#boxes[at];
      if (key === 'ArrowUp' && box !== undefined && box.depth <= depth) {
        return index;
      }
      if (box?.depth === depth + rows && this.#groups[at]?.getAttribute('display') !== 'none') {
        return at;
      }
    }
    return index;
  }

  #zoom(index: number) {
    if (index >= 0) {
      this.#zoomed = index;
      this.#draw();
    }
  }

  #draw() {
    const zoomed = this.#boxes[this.#zoomed];
    const width = this.#page.documentElement.getBoundingClientRect().width;
    if (zoomed === undefined) {
      return;
    }
    this.#groups.forEach((group, index) => {
      const box = this.#boxes[index];
      const place = box && boxOnScreen(box, zoomed);
      if (place === undefined) {
        group.setAttribute('display', 'none');
        return;
      }
      group.removeAttribute('display');
      group.classList.toggle('below', place.below);
      this.#place(group, place.left, place.width);
      this.#write(
        group,
        fittedText(this.#texts[index] ?? '', ((place.width / 100) * width - 6) / this.#columnWidth),
      );
    });
  }

  #place(group: PageElement, left: number, width: number) {
    const rect = group.querySelector('rect');
    rect?.setAttribute('x', `${left}%`);
    rect?.setAttribute('width', `${width}%`);
    group.querySelector('text')?.setAttribute('x', `${left}%`);
  }

  /** A narrow frame has no text element until it is wide enough for one. */
  #write(group: PageElement, fitted: string) {
    let text = group.querySelector('text');
    const rect = group.querySelector('rect');
    if (text === null && fitted !== '' && rect !== null) {
      text = this.#page.createElementNS('http://www.w3.org/2000/svg', 'text');
      text.setAttribute('x', rect.getAttribute('x') ?? '0');
      text.setAttribute('dx', '3');
      text.setAttribute('y', String(Number(rect.getAttribute('y')) + 12));
      group.appendChild(text);
    }
    if (text !== null && text.textContent !== fitted) {
      text.textContent = fitted;
    }
  }

  #search() {
    const field = this.#find('#search');
    const pattern = this.#pattern(field.value);
    field.classList.toggle('wrong', field.value !== '' && pattern === undefined);
    const matched = this.#texts.map((text) => pattern?.test(text) ?? false);
    this.#groups.forEach((group, index) => {
      group.classList.toggle('matched', matched[index] === true);
    });
    this.#frames.classList.toggle('searched', pattern !== undefined);
    const share =
      (100 * matchedWeight(this.#boxes, (index) => matched[index] === true)) / (this.#boxes[0]?.weight || 1);
    this.#find('#matched').textContent = pattern === undefined ? '' : `${share.toFixed(1)} % matched`;
  }

  #pattern(source: string): RegExp | undefined {
    try {
      return source === '' ? undefined : new RegExp(source, 'i');
    } catch {
      return undefined;
    }
  }

  #describe(group: PageElement | null) {
    this.#find('#detail').textContent = group?.querySelector('title')?.textContent ?? '';
  }

  #measure() {
    const probe = this.#find('#detail');
    probe.textContent = 'MMMMMMMMMM';
    this.#columnWidth = (probe.getComputedTextLength() || 72) / 10;
    probe.textContent = '';
  }

  #find(selector: string): PageElement {
    const element = this.#page.querySelector(selector);
    if (element === null) {
      throw new Error(`the flame graph has no ${selector}`);
    }
    return element;
  }
}

/** The few things of the DOM that the script uses; the DOM's own types would make its globals known everywhere. */
interface PageElement {
  value: string;
  textContent: string | null;
  readonly classList: { toggle(name: string, on: boolean): unknown };
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  closest(selector: string): PageElement | null;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  appendChild(child: PageElement): unknown;
  addEventListener(kind: string, listener: (event: PageEvent) => void): void;
  getBoundingClientRect(): { readonly width: number; readonly height: number };
  getComputedTextLength(): number;
  focus(): void;
  select(): void;
}

interface PageEvent {
  readonly target: PageElement;
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  preventDefault(): void;
}

interface PageDocument {
  readonly documentElement: PageElement;
  readonly activeElement: PageElement | null;
  querySelector(selector: string): PageElement | null;
  createElementNS(namespace: string, name: string): PageElement;
}

interface PageWindow {
  addEventListener(kind: string, listener: (event: PageEvent) => void): void;
  scrollTo(x: number, y: number): void;
}
