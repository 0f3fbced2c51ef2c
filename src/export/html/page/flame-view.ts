import { percent } from '../../../lib/quantities.js';
import {
  type CallTree,
  callTree,
  matchedShare,
  type NodeAmounts,
  nodeAmounts,
  type TreeOptions,
} from './call-tree.js';
import {
  type ColourBy,
  type Colours,
  coloursNow,
  cssName,
  darkMode,
  frameColour,
  stateNames,
} from './colours.js';
import type { OpcodeData } from './data.js';
import { chooser, element, labelled } from './dom.js';
import { FlameCanvas, type FlamePainter } from './flame-canvas.js';
import { type FlameNode, inverted, topDown } from './flame-nodes.js';
import { at, type Model } from './model.js';
import { type Store, selectedRows } from './selection.js';
import { largest } from './sums.js';
import type { View, Views } from './views.js';

/** The flame graph with its controls. */
export class FlameView implements View {
  readonly name = 'Flame graph';
  readonly element: HTMLElement;
  readonly #model: Model;
  readonly #store: Store;
  readonly #views: Views;
  readonly #canvas: FlameCanvas;
  readonly #detail: HTMLElement;
  readonly #matched: HTMLElement;
  readonly #legend: HTMLElement;
  readonly #search: HTMLInputElement;
  readonly #source: HTMLButtonElement;
  readonly #reset: HTMLButtonElement;
  #options: TreeOptions;
  #isInverted = false;
  #colourBy: ColourBy = 'function';
  #colours: Colours = coloursNow();
  #tree: CallTree | undefined;
  #amounts: NodeAmounts | undefined;
  /** By frame of the tree: the instruction with most of its own time. */
  #dominant: (OpcodeData | undefined)[] = [];
  #pattern: RegExp | undefined;
  #shown: FlameNode | undefined;

  constructor(model: Model, store: Store, views: Views) {
    this.#model = model;
    this.#store = store;
    this.#views = views;
    this.#options = model.data.initial;
    this.#detail = element('p', { class: 'detail', role: 'status' });
    this.#matched = element('span', { class: 'matched', role: 'status' });
    this.#legend = element('div', { class: 'legend' });
    this.#search = element('input', {
      type: 'search',
      'aria-label': 'Search frames',
      placeholder: 'Search frames (regular expression)',
      input: () => this.#onSearch(),
    });
    this.#source = element(
      'button',
      { type: 'button', hidden: true, click: () => this.#showSource() },
      'Show source',
    );
    this.#reset = element(
      'button',
      { type: 'button', disabled: true, click: () => this.#canvas.reset() },
      'Reset zoom',
    );
    this.#canvas = new FlameCanvas({
      onFocus: (node) => this.#describe(node ?? this.#canvas.zoomed),
      onZoom: (node) => {
        this.#reset.disabled = node.parent === undefined;
        this.#describe(node);
      },
    });
    this.element = element(
      'div',
      { class: 'view flame-view' },
      this.#toolbar(),
      this.#legend,
      this.#canvas.element,
      element('div', { class: 'foot' }, this.#detail, this.#source),
    );
    darkMode.addEventListener('change', () => {
      this.#colours = coloursNow();
      this.#repaint();
    });
  }

  update(): void {
    this.#tree ??= callTree(this.#model, this.#options);
    const rows = selectedRows(this.#model, this.#store.selection);
    this.#amounts = nodeAmounts(this.#model, this.#tree, rows);
    this.#dominant = dominantOpcodes(this.#model, this.#tree, rows);
    const root = (this.#isInverted ? inverted : topDown)(this.#tree, this.#amounts);
    this.#reset.disabled = true;
    this.#canvas.show(root, this.#painter());
    this.#describe(root);
    this.#tellMatched();
    this.#showLegend();
  }

  /** Marks the frames of a function. */
  searchFor(text: string): void {
    this.#search.value = text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    this.#onSearch();
  }

  #toolbar(): HTMLElement {
    const box = (text: string, checked: boolean, choose: (checked: boolean) => Partial<TreeOptions>) => {
      const input = element('input', {
        type: 'checkbox',
        checked,
        change: () => {
          this.#options = { ...this.#options, ...choose(input.checked) };
          this.#tree = undefined;
          this.update();
        },
      });
      return element('label', { class: 'check' }, input, text);
    };
    const { byLine, instructions, threads } = this.#options;
    const direction = chooser(
      [
        ['down', 'Top down'],
        ['inverted', 'Inverted'],
      ],
      'down',
      (value) => {
        this.#isInverted = value === 'inverted';
        this.update();
      },
    );
    const colour = chooser<ColourBy>(
      [
        ['function', 'Function'],
        ['family', 'Opcode family'],
        ...(this.#model.data.specialises ? [['state', 'Specialisation'] as const] : []),
      ],
      'function',
      (value) => {
        this.#colourBy = value;
        this.#repaint();
        this.#showLegend();
      },
    );
    return element(
      'div',
      { class: 'toolbar' },
      labelled('Direction', direction),
      labelled('Colour by', colour),
      box('Lines', byLine, (checked) => ({ byLine: checked })),
      box('Instructions', instructions, (checked) => ({ instructions: checked })),
      box(this.#model.wording.threads, threads, (checked) => ({ threads: checked })),
      this.#reset,
      element('span', { class: 'grow' }),
      this.#matched,
      this.#search,
    );
  }

  #painter(): FlamePainter {
    const colours = this.#colours;
    const by = this.#colourBy;
    const frames = this.#tree?.frames ?? [];
    const pattern = this.#pattern;
    const known = frames.map((frame, id) => frameColour(colours, by, frame, this.#dominant[id]));
    const matched = pattern && frames.map(({ text }) => pattern.test(text));
    return {
      colour: ({ frame }) => known[frame] ?? colours.neutral,
      text: ({ frame }) => shortText(frames[frame]?.text ?? 'all'),
      isMatched: ({ frame }) => (matched === undefined || frame < 0 ? undefined : matched[frame]),
      textColour: colours.text,
      mutedColour: colours.muted,
      focusColour: colours.focus,
      matchedColour: colours.matched,
      restColour: colours.neutral,
    };
  }

  #repaint(): void {
    if (this.#tree !== undefined) this.#canvas.repaint(this.#painter());
  }

  #onSearch(): void {
    this.#pattern = undefined;
    this.#search.removeAttribute('aria-invalid');
    try {
      if (this.#search.value !== '') this.#pattern = new RegExp(this.#search.value, 'i');
    } catch {
      this.#search.setAttribute('aria-invalid', 'true'); // Half of an expression is typed.
    }
    this.#tellMatched();
    this.#repaint();
  }

  #tellMatched(): void {
    const [pattern, tree, amounts] = [this.#pattern, this.#tree, this.#amounts];
    if (pattern === undefined || tree === undefined || amounts === undefined) this.#matched.textContent = '';
    else {
      const matches = tree.frames.map(({ text }) => pattern.test(text));
      const share = matchedShare(tree, amounts, (frame) => matches[frame] === true);
      this.#matched.textContent = `${percent(share)} matched`;
    }
  }

  #describe(node: FlameNode | undefined): void {
    this.#shown = node;
    const whole = this.#amounts?.weight[0] ?? 0;
    const frame = node && this.#tree?.frames[node.frame];
    this.#source.hidden = frame?.kind !== 'function';
    if (node === undefined) return;
    if (whole === 0) {
      this.#detail.textContent = this.#model.wording.nothing;
      return;
    }
    const own = node.self > 0 && node.parent !== undefined ? `, ${percent(node.self / whole)} itself` : '';
    const text = frame?.text ?? 'all';
    this.#detail.textContent = `${text}: ${percent(node.weight / whole)} (${this.#model.wording.amount(node.weight, node.count)})${own}`;
  }

  #showSource(): void {
    const frame = this.#shown && this.#tree?.frames[this.#shown.frame];
    const known = frame && this.#model.functions[frame.function];
    if (frame !== undefined && known !== undefined) this.#views.showSource(known.file, frame.line);
  }

  #showLegend(): void {
    const { whole } = this.#model.wording;
    const entry = (name: string, text: string) =>
      element('span', { class: 'key' }, element('i', { class: name }), text);
    const families = [...new Set(this.#dominant.flatMap((opcode) => opcode?.family ?? []))].sort();
    this.#legend.replaceChildren(
      ...(this.#colourBy === 'family'
        ? [legendText(whole), ...families.map((family) => entry(`family-${cssName(family)}`, family))]
        : this.#colourBy === 'state'
          ? [
              legendText(whole),
              ...(['specialised', 'adaptive', 'plain'] as const).map((state) =>
                entry(`state-${state}`, stateNames[state]),
              ),
            ]
          : []),
    );
    this.#legend.hidden = this.#colourBy === 'function';
  }
}

function legendText(whole: string): string {
  return `Most of a frame’s own ${whole} ${whole === 'time' ? 'is' : 'are'} at instructions of this kind:`;
}

/** Of a path the last part: the whole one is told when the frame is pointed at. */
function shortText(text: string): string {
  return text.replace(/\((?:[^()]*\/)([^/()]+)\)$/, '($1)');
}

function dominantOpcodes(model: Model, tree: CallTree, rows: Int32Array): (OpcodeData | undefined)[] {
  const { samples, stacks, data } = model;
  const amounts = new Map<number, Map<number, number>>();
  for (const row of rows) {
    const opcode = at(samples.opcode, row);
    if (opcode < 0) continue;
    const frame = at(tree.ofFrame, at(stacks.frame, at(samples.stack, row)));
    const ofFrame = amounts.get(frame) ?? new Map<number, number>();
    if (ofFrame.size === 0) amounts.set(frame, ofFrame);
    ofFrame.set(opcode, (ofFrame.get(opcode) ?? 0) + at(samples.weight, row));
  }
  return tree.frames.map(
    ({ opcode }, frame) => data.opcodes[opcode >= 0 ? opcode : largest(amounts.get(frame) ?? new Map())],
  );
}
