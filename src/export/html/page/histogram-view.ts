import { percent } from '../../../lib/quantities.js';
import { cssName, opcodeClass, stateNames } from './colours.js';
import type { OpcodeData } from './data.js';
import { bar, element } from './dom.js';
import { at, type Model } from './model.js';
import { type OpcodeChoice, type Store, selectedRows } from './selection.js';
import type { View } from './views.js';

/** Instructions by family. A click on anything selects its samples, in all views. */
export class HistogramView implements View {
  readonly name = 'Instructions';
  readonly element = element('div', { class: 'view histogram-view' });
  readonly #model: Model;
  readonly #store: Store;

  constructor(model: Model, store: Store) {
    this.#model = model;
    this.#store = store;
  }

  update(): void {
    const totals = opcodeTotals(this.#model, this.#store);
    if (totals.weight === 0) {
      this.element.replaceChildren(element('p', { class: 'empty' }, this.#nothing()));
      return;
    }
    const focused = document.activeElement?.getAttribute('data-choice');
    this.element.replaceChildren(
      ...(this.#model.data.specialises ? [this.#states(totals)] : []),
      ...this.#families(totals),
    );
    // Everything is made anew, and who uses the keyboard shall stay where they were.
    if (focused != null)
      this.element.querySelector<HTMLElement>(`[data-choice="${CSS.escape(focused)}"]`)?.focus();
  }

  #nothing(): string {
    const { isCounted, nothing } = this.#model.wording;
    return isCounted ? nothing : 'No samples with a known instruction are selected.';
  }

  #states({ rows, weight }: Totals): HTMLElement {
    const parts = (['specialised', 'adaptive', 'plain'] as const).map((state) => {
      const of = rows.filter((row) => this.#model.data.opcodes[row.opcode]?.state === state);
      const share = of.reduce((sum, row) => sum + row.weight, 0) / weight;
      const button = this.#button(stateNames[state], of, 'state');
      button.append(
        element('i', { class: `swatch state-${state}` }),
        element('strong', {}, percent(share)),
        element('span', {}, stateNames[state]),
      );
      return { state, share, button };
    });
    const strip = element('div', { class: 'strip', 'aria-hidden': 'true' });
    for (const { state, share } of parts) {
      const part = element('i', { class: `state-${state}` });
      part.style.width = `${share * 100}%`;
      strip.append(part);
    }
    return element(
      'section',
      { class: 'states', 'aria-label': 'Specialisation' },
      strip,
      ...parts.map(({ button }) => button),
    );
  }

  #families({ rows, weight }: Totals): readonly HTMLElement[] {
    const families = new Map<string, Row[]>();
    for (const row of rows) {
      const family = this.#model.data.opcodes[row.opcode]?.family ?? 'other';
      families.set(family, [...(families.get(family) ?? []), row]);
    }
    const sum = (of: readonly Row[]) => of.reduce((total, row) => total + row.weight, 0);
    return [...families]
      .sort(([, a], [, b]) => sum(b) - sum(a))
      .map(([family, of]) => {
        const heading = this.#button(`${family} instructions`, of, 'family');
        heading.append(
          element('i', { class: `swatch family-${cssName(family)}` }),
          element('span', { class: 'grow' }, family),
          element('strong', {}, percent(sum(of) / weight)),
        );
        return element(
          'section',
          { class: 'card' },
          element('h3', {}, heading),
          element(
            'ul',
            {},
            ...of.map((row) => element('li', {}, this.#opcode(row, weight, rows[0]?.weight ?? 0))),
          ),
        );
      });
  }

  /** Its bar is as long as it is beside the hottest one's. */
  #opcode(row: Row, whole: number, hottest: number): HTMLElement {
    const opcode = this.#model.data.opcodes[row.opcode] ?? unknown;
    const { name, base, state } = opcode;
    const colour = opcodeClass(this.#model.data, opcode);
    const share = row.weight / whole;
    const button = this.#button(name, [row], 'opcode');
    const amount = this.#model.wording.amount(row.weight, row.count);
    const form = `${stateNames[state]}${base === name ? '' : `, compiled as ${base}`}`;
    const title = this.#model.data.specialises ? `${form}; ${amount}` : amount;
    button.title = title;
    button.append(
      element('span', { class: 'opcode' }, element('i', { class: `swatch ${colour}` }), name),
      bar(row.weight / hottest, colour),
      element('span', { class: 'number' }, percent(share)),
      element('span', { class: 'unseen' }, `, ${title}`),
    );
    return button;
  }

  /** One that selects these rows, or all again. */
  #button(label: string, rows: readonly Row[], kind: string): HTMLButtonElement {
    const chosen = this.#store.selection.opcodes;
    const choice: OpcodeChoice = { label, rows: new Set(rows.map(({ opcode }) => opcode)) };
    const isChosen = chosen?.label === label;
    return element('button', {
      type: 'button',
      class: `${kind} choice`,
      'data-choice': label,
      'aria-pressed': isChosen ? 'true' : 'false',
      disabled: rows.length === 0,
      click: () => this.#store.change({ opcodes: isChosen ? undefined : choice }),
    });
  }
}

interface Row {
  readonly opcode: number;
  readonly weight: number;
  readonly count: number;
}

interface Totals {
  readonly weight: number;
  /** Heaviest first. */
  readonly rows: readonly Row[];
}

const unknown: OpcodeData = { name: '?', base: '?', family: 'other', state: 'plain' };

function opcodeTotals(model: Model, store: Store): Totals {
  const { samples, data } = model;
  const weights = new Float64Array(data.opcodes.length);
  const counts = new Float64Array(data.opcodes.length);
  let weight = 0;
  for (const row of selectedRows(model, store.selection, { opcodes: true })) {
    const opcode = at(samples.opcode, row);
    if (opcode < 0) continue;
    weights[opcode] = at(weights, opcode) + at(samples.weight, row);
    counts[opcode] = at(counts, opcode) + at(samples.count, row);
    weight += at(samples.weight, row);
  }
  const rows = data.opcodes
    .map((_, opcode) => ({ opcode, weight: at(weights, opcode), count: at(counts, opcode) }))
    .filter((row) => row.weight > 0)
    .sort((a, b) => b.weight - a.weight);
  return { weight, rows };
}
