import { percent } from '../../../lib/quantities.js';
import type { Counts } from './data.js';
import { chooser, element, labelled } from './dom.js';
import { at, type Model } from './model.js';
import { type Store, selectedRows, waitsForGil } from './selection.js';

/** What is selected, and how to select less or more of it. It stands above all views. */
export class FilterBar {
  readonly element: HTMLElement;
  readonly #model: Model;
  readonly #store: Store;
  readonly #chips = element('div', { class: 'chips' });
  readonly #summary = element('p', { class: 'summary', role: 'status' });

  constructor(model: Model, store: Store) {
    this.#model = model;
    this.#store = store;
    const counts = chooser<Counts>(countsFor(model), store.selection.counts, (value) =>
      store.change({ counts: value }),
    );
    const threads = chooser<string>(
      [
        ['-1', `All ${model.wording.threads.toLowerCase()}`],
        ...model.data.threads.map((text, id) => [String(id), text] as const),
      ],
      '-1',
      (value) => store.change({ thread: Number(value) }),
    );
    this.element = element(
      'div',
      { class: 'filters', role: 'group', 'aria-label': 'Filters' },
      model.wording.isCounted ? undefined : labelled('Show', counts),
      labelled(model.wording.thread, threads),
      this.#chips,
      element('span', { class: 'grow' }),
      this.#summary,
    );
  }

  update(): void {
    const { samples } = this.#model;
    const { span, opcodes } = this.#store.selection;
    let [weight, count] = [0, 0];
    for (const row of selectedRows(this.#model, this.#store.selection)) {
      weight += at(samples.weight, row);
      count += at(samples.count, row);
    }
    const all = selectedRows(this.#model, {
      ...this.#store.selection,
      span: undefined,
      opcodes: undefined,
      thread: -1,
    });
    const whole = all.reduce((sum, row) => sum + at(samples.weight, row), 0);
    const part = whole > 0 && weight < whole ? ` (${percent(weight / whole)})` : '';
    this.#summary.textContent = this.#model.wording.total(weight, count, part);
    this.#chips.replaceChildren(
      ...(opcodes === undefined
        ? []
        : [chip(opcodes.label, () => this.#store.change({ opcodes: undefined }))]),
      ...(span === undefined
        ? []
        : [
            chip(`${seconds(span.from)} – ${seconds(span.to)}`, () =>
              this.#store.change({ span: undefined }),
            ),
          ]),
    );
  }
}

function countsFor({ data, samples }: Model): readonly (readonly [Counts, string])[] {
  const gilWaits = data.knowsGilWaits && samples.flags.some(waitsForGil);
  return [
    ['ran', 'What ran'],
    ['gil', 'What ran with the GIL'],
    ['all', 'Running and idle'],
    ...(gilWaits ? [['gil-waits', 'Waiting for the GIL'] as const] : []),
    ...(data.knowsWaits ? [['waits', 'Waits'] as const] : []),
  ];
}

function chip(text: string, remove: () => void): HTMLElement {
  return element(
    'button',
    { type: 'button', class: 'chip', 'aria-label': `Remove filter: ${text}`, click: remove },
    text,
    element('span', { 'aria-hidden': 'true' }, ' ×'),
  );
}

function seconds(nanoseconds: number): string {
  return `${(nanoseconds / 1e9).toFixed(2)} s`;
}
