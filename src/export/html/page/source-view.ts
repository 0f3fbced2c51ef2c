import { grouped, percent } from '../../../lib/quantities.js';
import { bar, element } from './dom.js';
import { instructionTable, opcodeOf } from './instruction-table.js';
import { at, type Model } from './model.js';
import { type Store, selectedRows } from './selection.js';
import { type FileTotals, InstructionTimes, sourceTotals, type TimedInstruction } from './source-lines.js';
import { characterAt, linesOf, type Mark, markedLine } from './source-marks.js';
import { type Sums, sumsOf } from './sums.js';
import type { View } from './views.js';

/** Lines around those with time that are shown, too. */
const around = 4;
const mostFiles = 300;

/** Files with the share of their lines; a line opens to its instructions. */
export class SourceView implements View {
  readonly name = 'Source';
  readonly element = element('div', { class: 'view source-view' });
  readonly #model: Model;
  readonly #store: Store;
  readonly #times: InstructionTimes;
  readonly #texts = new Map<number, readonly string[]>();
  readonly #changed = new Set<number>();
  readonly #open = new Set<string>();
  /** Files that are shown whole. */
  readonly #whole = new Set<number>();
  #file = -1;
  /** The most time of its own that a line of the file has. */
  #hottest = 0;
  #sums: Sums | undefined;
  #files: readonly FileTotals[] = [];

  constructor(model: Model, store: Store) {
    this.#model = model;
    this.#store = store;
    this.#times = new InstructionTimes(model);
    for (const { file, text, changed } of model.data.sources) {
      this.#texts.set(file, linesOf(text));
      if (changed) this.#changed.add(file);
    }
  }

  update(): void {
    this.#sums = sumsOf(this.#model, selectedRows(this.#model, this.#store.selection));
    this.#files = sourceTotals(this.#model, this.#sums).files;
    if (!this.#files.some(({ file }) => file === this.#file)) this.#file = this.#files[0]?.file ?? -1;
    this.#show();
  }

  /** Opens a line, where it is one of those with time. */
  show(file: number, line: number): void {
    this.#file = file;
    this.#open.add(`${file}:${line}`);
    this.update();
    const row =
      this.element.querySelector(`[data-line="${line}"]`) ??
      this.element.querySelector(`[data-first="${line}"]`);
    row?.scrollIntoView({ block: 'center' });
    row?.querySelector<HTMLElement>('button')?.focus();
  }

  #show(): void {
    const current = this.#files.find(({ file }) => file === this.#file);
    if (current === undefined) {
      this.element.replaceChildren(element('p', { class: 'empty' }, this.#model.wording.nothing));
      return;
    }
    const list = element(
      'nav',
      { class: 'files', 'aria-label': 'Files' },
      element('ul', {}, ...this.#files.slice(0, mostFiles).map((file) => this.#fileEntry(file))),
    );
    const lines = this.#texts.get(current.file);
    const content = element(
      'div',
      { class: 'content' },
      this.#heading(current, lines !== undefined),
      lines === undefined ? this.#disassembly(current) : this.#listing(current, lines),
    );
    this.element.replaceChildren(list, content);
  }

  #fileEntry({ file, name, own }: FileTotals): HTMLElement {
    const share = this.#share(own);
    const choose = () => {
      this.#file = file;
      this.#show();
      this.element.querySelector<HTMLElement>('[aria-current="true"]')?.focus();
    };
    const [, directory = '', base = name] = /^(.*\/)([^/]+)$/.exec(name) ?? [];
    return element(
      'li',
      {},
      element(
        'button',
        {
          type: 'button',
          title: name,
          'aria-current': file === this.#file ? 'true' : 'false',
          click: choose,
        },
        element('span', { class: 'base' }, base),
        element('span', { class: 'number' }, percent(share)),
        element('span', { class: 'directory' }, directory),
        bar(share),
      ),
    );
  }

  #heading({ file, name, own }: FileTotals, hasText: boolean): HTMLElement {
    const notes = [
      `${percent(this.#share(own))} of the ${this.#model.wording.whole} in its own lines.`,
      ...(hasText ? [] : ['Its source text is not in the profile.']),
      ...(this.#changed.has(file)
        ? ['The file was changed after the process had started: lines may not be those that ran.']
        : []),
    ];
    return element('header', {}, element('h2', {}, name), element('p', { class: 'hint' }, notes.join(' ')));
  }

  #listing(current: FileTotals, lines: readonly string[]): HTMLElement {
    const byLine = this.#instructionsByLine(current);
    this.#hottest = Math.max(...Array.from(current.lines.values(), ({ own }) => own));
    const body = element('tbody');
    const shown = this.#whole.has(current.file) ? undefined : shownLines(current, lines.length);
    let hidden = 0;
    const tell = () => {
      if (hidden > 0) body.append(this.#gap(current.file, hidden));
      hidden = 0;
    };
    for (let line = 1; line <= lines.length; line++) {
      if (shown !== undefined && !shown.has(line)) hidden++;
      else {
        tell();
        this.#appendLine(body, current, lines, line, byLine.get(line) ?? []);
      }
    }
    tell();
    return element(
      'div',
      {},
      element(
        'table',
        { class: 'source' },
        element('caption', { class: 'unseen' }, `Lines of ${current.name}`),
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            ...['Line', ...this.#columns(), 'Source'].map((text) =>
              element('th', { scope: 'col', class: text === 'Source' ? '' : 'number' }, text),
            ),
          ),
        ),
        body,
      ),
      this.#withoutLine(byLine.get(0) ?? []),
    );
  }

  /** An exact count does not tell who called. */
  #columns(): readonly string[] {
    return this.#model.wording.isCounted ? ['Share', 'Executions'] : ['Self', 'Total'];
  }

  /** Such as MAKE_CELL: the compiler gives it no line. */
  #withoutLine(instructions: readonly TimedInstruction[]): HTMLElement | undefined {
    const hot = instructions.filter(({ weight }) => weight > 0);
    if (hot.length === 0) return undefined;
    const groups = Map.groupBy(hot, ({ code }) => code);
    return element(
      'section',
      {},
      element('h3', {}, 'Instructions that belong to no line'),
      ...[...groups].flatMap(([code, of]) => [
        element('h4', {}, this.#nameOf(code)),
        instructionTable(this.#model, of, {
          whole: this.#sums?.weight ?? 0,
          lines: undefined,
          withLines: false,
        }),
      ]),
    );
  }

  #appendLine(
    body: HTMLElement,
    { file, lines: totals }: FileTotals,
    lines: readonly string[],
    line: number,
    instructions: readonly TimedInstruction[],
  ): void {
    const { own = 0, total = 0 } = totals.get(line) ?? {};
    const text = lines[line - 1] ?? '';
    const key = `${file}:${line}`;
    const isOpen = instructions.length > 0 && this.#open.has(key);
    const toggle = () => {
      if (this.#open.has(key)) this.#open.delete(key);
      else this.#open.add(key);
      this.#show();
      this.element.querySelector<HTMLElement>(`[data-line="${line}"] button`)?.focus();
    };
    const number =
      instructions.length === 0
        ? element('span', {}, String(line))
        : element(
            'button',
            {
              type: 'button',
              'aria-expanded': isOpen ? 'true' : 'false',
              'aria-label': `Line ${line}, instructions`,
              click: toggle,
            },
            String(line),
          );
    const { isCounted } = this.#model.wording;
    const share = (amount: number) => (amount > 0 ? percent(this.#share(amount)) : '');
    const row = element(
      'tr',
      { 'data-line': line, class: own > 0 ? 'hot' : total > 0 ? 'warm' : '' },
      element('td', { class: 'number line-number' }, number),
      element('td', { class: 'number' }, own > 0 ? bar(own / this.#hottest, 'self') : undefined, share(own)),
      element('td', { class: 'number' }, isCounted ? (own > 0 ? grouped(own) : '') : share(total)),
      element('td', { class: 'text' }, markedLine(text, this.#marks(text, line, instructions, own))),
    );
    if (instructions.length > 0) {
      row.classList.add('opens');
      row.querySelector('.text')?.addEventListener('click', toggle);
    }
    row.style.setProperty('--heat', Math.sqrt(this.#share(own)).toFixed(3));
    body.append(row);
    if (isOpen) {
      const table = instructionTable(this.#model, instructions, {
        whole: this.#sums?.weight ?? 0,
        lines,
        withLines: false,
      });
      body.append(element('tr', { class: 'opened' }, element('td', { colspan: 4 }, table)));
    }
  }

  /** Where the line's own time is spent in it, as far as the interpreter tells columns. */
  #marks(
    text: string,
    line: number,
    instructions: readonly TimedInstruction[],
    own: number,
  ): readonly Mark[] {
    const { column, endColumn, endLine } = this.#model.instructions;
    return instructions.flatMap((one): Mark[] => {
      if (one.weight < own / 20 || own <= 0 || at(column, one.row) < 0) return [];
      const from = characterAt(text, at(column, one.row));
      const to = at(endLine, one.row) === line ? characterAt(text, at(endColumn, one.row)) : text.length;
      return [{ from, to, state: opcodeOf(this.#model, one).state, heat: one.weight / own }];
    });
  }

  #gap(file: number, hidden: number): HTMLElement {
    const open = () => {
      this.#whole.add(file);
      this.#show();
    };
    const button = element(
      'button',
      { type: 'button', class: 'link', click: open },
      this.#model.wording.without(hidden),
    );
    return element('tr', { class: 'gap' }, element('td', { colspan: 4 }, button));
  }

  #disassembly(current: FileTotals): HTMLElement {
    const sections = current.codes.flatMap((code) => {
      const instructions = this.#times.of(code, this.#sums as Sums);
      if (instructions.length === 0) return [];
      const firstLine = at(this.#model.codes.firstLine, code);
      return [
        element('h3', { 'data-first': firstLine, tabindex: -1 }, `${this.#nameOf(code)}, line ${firstLine}`),
        instructionTable(this.#model, instructions, {
          whole: this.#sums?.weight ?? 0,
          lines: undefined,
          withLines: true,
        }),
      ];
    });
    return element('div', { class: 'disassembly' }, ...sections);
  }

  #instructionsByLine({ codes }: FileTotals): ReadonlyMap<number, readonly TimedInstruction[]> {
    const found = new Map<number, TimedInstruction[]>();
    for (const code of codes) {
      for (const one of this.#times.of(code, this.#sums as Sums)) {
        const known = found.get(one.line);
        if (known === undefined) found.set(one.line, [one]);
        else known.push(one);
      }
    }
    return found;
  }

  #nameOf(code: number): string {
    return this.#model.data.strings[at(this.#model.codes.name, code)] ?? '';
  }

  #share(weight: number): number {
    const whole = this.#sums?.weight ?? 0;
    return whole > 0 ? weight / whole : 0;
  }
}

function shownLines({ lines }: FileTotals, length: number): ReadonlySet<number> {
  const shown = new Set<number>();
  for (const line of lines.keys()) {
    for (let near = Math.max(1, line - around); near <= Math.min(length, line + around); near++)
      shown.add(near);
  }
  // A gap of a line or two is no shorter than what is left out of it.
  for (let line = 2; line < length; line++) {
    if (!shown.has(line) && shown.has(line - 1) && (shown.has(line + 1) || shown.has(line + 2)))
      shown.add(line);
  }
  return shown;
}
