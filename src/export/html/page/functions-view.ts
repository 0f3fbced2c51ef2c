import { grouped, percent } from '../../../lib/quantities.js';
import type { OpcodeData } from './data.js';
import { bar, element } from './dom.js';
import { at, type Model } from './model.js';
import { type Store, selectedRows } from './selection.js';
import { largest, ownAndTotal, type Sums, sumsOf } from './sums.js';
import type { View, Views } from './views.js';
import type { Wording } from './wording.js';

type Key = 'name' | 'place' | 'own' | 'total' | 'count' | 'specialised' | 'hottest';

interface Row {
  readonly function: number;
  readonly name: string;
  readonly place: string;
  readonly own: number;
  readonly total: number;
  readonly count: number;
  /** Share of its own time at specialised instructions; -1 where it has none. */
  readonly specialised: number;
  readonly hottest: string;
}

/** An exact count does not tell who called, nor what was specialised. */
function columnsFor({ isCounted, counts, mostFrequent }: Wording): readonly (readonly [Key, string])[] {
  return [
    ['name', 'Function'],
    ['place', 'File'],
    ['own', isCounted ? 'Share' : 'Self'],
    ...(isCounted ? [] : [['total', 'Total'] as const]),
    ['count', counts],
    ...(isCounted ? [] : [['specialised', 'Specialised'] as const]),
    ['hottest', mostFrequent],
  ];
}

/** All functions in a table that sorts by each column. */
export class FunctionsView implements View {
  readonly name = 'Functions';
  readonly element = element('div', { class: 'view functions-view' });
  readonly #model: Model;
  readonly #store: Store;
  readonly #views: Views;
  #key: Key = 'own';
  #descending = true;
  #most = 200;

  constructor(model: Model, store: Store, views: Views) {
    this.#model = model;
    this.#store = store;
    this.#views = views;
  }

  update(): void {
    const sums = sumsOf(this.#model, selectedRows(this.#model, this.#store.selection));
    const rows = rowsOf(this.#model, sums).sort((a, b) => this.#compare(a, b));
    if (rows.length === 0) {
      this.element.replaceChildren(element('p', { class: 'empty' }, this.#model.wording.nothing));
      return;
    }
    const table = element(
      'table',
      {},
      element('caption', { class: 'unseen' }, `Functions with their ${this.#model.wording.whole}`),
      element(
        'thead',
        {},
        element('tr', {}, ...columnsFor(this.#model.wording).map(([key, text]) => this.#heading(key, text))),
      ),
      element('tbody', {}, ...rows.slice(0, this.#most).map((row) => this.#row(row, sums.weight))),
    );
    const left = rows.length - this.#most;
    this.element.replaceChildren(
      table,
      ...(left > 0
        ? [
            element(
              'button',
              {
                type: 'button',
                click: () => {
                  this.#most += 1000;
                  this.update();
                },
              },
              `Show ${grouped(Math.min(left, 1000))} more`,
            ),
          ]
        : []),
    );
  }

  #compare(a: Row, b: Row): number {
    const [one, other] = [a[this.#key], b[this.#key]];
    const order =
      typeof one === 'number' && typeof other === 'number'
        ? one - other
        : String(one).localeCompare(String(other));
    return (this.#descending ? -order : order) || b.own - a.own || b.total - a.total;
  }

  #heading(key: Key, text: string): HTMLElement {
    const sorted = this.#key === key;
    const isText = key === 'name' || key === 'place' || key === 'hottest';
    const sort = () => {
      this.#descending = sorted ? !this.#descending : !isText;
      this.#key = key;
      this.update();
      this.element.querySelector<HTMLElement>(`th[data-key="${key}"] button`)?.focus();
    };
    const mark = sorted ? (this.#descending ? ' ↓' : ' ↑') : '';
    return element(
      'th',
      {
        scope: 'col',
        'data-key': key,
        class: isText ? '' : 'number',
        'aria-sort': sorted ? (this.#descending ? 'descending' : 'ascending') : 'none',
      },
      element(
        'button',
        { type: 'button', click: sort },
        text,
        element('span', { 'aria-hidden': 'true' }, mark),
      ),
    );
  }

  #row(row: Row, whole: number): HTMLElement {
    const known = this.#model.functions[row.function];
    const { wording } = this.#model;
    const open = () => known && this.#views.showSource(known.file, known.firstLine);
    const share = (amount: number) =>
      element(
        'td',
        { class: 'number', title: wording.weight(amount) },
        bar(amount / whole),
        percent(amount / whole),
      );
    return element(
      'tr',
      {},
      element(
        'td',
        {},
        element('button', { type: 'button', class: 'link', title: 'Show source', click: open }, row.name),
      ),
      element('td', { class: 'place', title: row.place }, element('bdi', {}, row.place)),
      share(row.own),
      wording.isCounted ? undefined : share(row.total),
      element('td', { class: 'number' }, grouped(row.count)),
      wording.isCounted
        ? undefined
        : element('td', { class: 'number' }, row.specialised < 0 ? '–' : percent(row.specialised)),
      element('td', { class: 'opcode' }, row.hottest),
    );
  }
}

function rowsOf(model: Model, sums: Sums): Row[] {
  const { functions, functionOfFrame, firstOfFunction, data } = model;
  const { own, total, count } = ownAndTotal(model, sums, functionOfFrame, firstOfFunction, functions.length);
  const opcodes = opcodesByFunction(model, sums);
  return functions.flatMap(({ name, fileName, firstLine }, id): Row[] => {
    if (at(total, id) <= 0) return [];
    const amounts = opcodes.get(id) ?? new Map<number, number>();
    return [
      {
        function: id,
        name,
        place: `${fileName}:${firstLine}`,
        own: at(own, id),
        total: at(total, id),
        count: at(count, id),
        specialised: specialisedShare(data.opcodes, amounts),
        hottest: data.opcodes[largest(amounts)]?.name ?? '',
      },
    ];
  });
}

function opcodesByFunction({ functionOfFrame }: Model, sums: Sums): ReadonlyMap<number, Map<number, number>> {
  const found = new Map<number, Map<number, number>>();
  for (const [frame, forms] of sums.forms) {
    const id = at(functionOfFrame, frame);
    const amounts = found.get(id) ?? new Map<number, number>();
    found.set(id, amounts);
    for (const [opcode, weight] of forms) amounts.set(opcode, (amounts.get(opcode) ?? 0) + weight);
  }
  return found;
}

function specialisedShare(opcodes: readonly OpcodeData[], amounts: ReadonlyMap<number, number>): number {
  let [all, special] = [0, 0];
  for (const [opcode, weight] of amounts) {
    all += weight;
    if (opcodes[opcode]?.state === 'specialised') special += weight;
  }
  return all > 0 ? special / all : -1;
}
