/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext.collection" />
import { AdviceView } from './advice-view.js';
import type { ReportData } from './data.js';
import { element } from './dom.js';
import { FilterBar } from './filter-bar.js';
import { FlameView } from './flame-view.js';
import { FunctionsView } from './functions-view.js';
import { HistogramView } from './histogram-view.js';
import { modelOf } from './model.js';
import { Store } from './selection.js';
import { SourceView } from './source-view.js';
import { tabbed } from './tabs.js';
import { TimelineView } from './timeline-view.js';

const began = performance.now();
const data = JSON.parse(document.getElementById('data')?.textContent ?? '') as ReportData;
const model = modelOf(data);
const store = new Store({ counts: data.initial.counts, thread: -1, span: undefined, opcodes: undefined });
const filters = new FilterBar(model, store);
const source = new SourceView(model, store);
const flame = new FlameView(model, store, {
  showSource: (file, line) => showSource(file, line),
});
const tabs = tabbed([
  flame,
  new HistogramView(model, store),
  source,
  new FunctionsView(model, store, { showSource: (file, line) => showSource(file, line) }),
  ...(model.wording.isCounted
    ? []
    : [
        new TimelineView(model, store),
        new AdviceView(model, { showSource: (file, line) => showSource(file, line) }),
      ]),
]);

function showSource(file: number, line: number): void {
  tabs.show(source);
  source.show(file, line);
}

document
  .getElementById('report')
  ?.append(
    element(
      'header',
      { class: 'page-head' },
      element('p', { class: 'brand' }, 'heavyops'),
      element('h1', { title: data.title }, data.title || 'A Python program'),
      element('ul', { class: 'facts' }, ...data.facts.map((fact) => element('li', {}, fact))),
      ...(data.notes.length > 0 ? [element('p', { class: 'hint' }, data.notes.join(' '))] : []),
    ),
    filters.element,
    tabs.element,
  );
store.onChange(() => {
  filters.update();
  tabs.update();
});
filters.update();
tabs.update();
document.documentElement.dataset.ready = (performance.now() - began).toFixed(0);
