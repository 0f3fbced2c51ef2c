import { counted, percent } from '../../../lib/quantities.js';
import type { AdviceData } from './data.js';
import { element } from './dom.js';
import type { Model } from './model.js';
import type { View, Views } from './views.js';

/** What can be changed in hot code, with what shows it. It is of all that ran, whatever is selected. */
export class AdviceView implements View {
  readonly name = 'Advice';
  readonly element: HTMLElement;

  constructor({ data }: Model, views: Views) {
    this.element = element(
      'div',
      { class: 'view advice-view' },
      element(
        'p',
        { class: 'hint' },
        'Of all that ran, whatever is selected above. A share is the time at what the change does away with; “at most” counts all of the loop, or function, around it.',
      ),
      ...data.advice.map((finding) => card(finding, data.strings[finding.file] ?? '', views)),
      data.advice.length === 0
        ? element('p', { class: 'empty' }, 'Nothing was found that heavyops knows to advise.')
        : undefined,
    );
  }

  update(): void {}
}

function card(finding: AdviceData, file: string, views: Views): HTMLElement {
  const { share, most, what, evidence, change, instruction, offset, samples, line } = finding;
  const place = `${file}${line > 0 ? `:${line}` : ''} ${finding.function}`;
  return element(
    'section',
    { class: 'finding' },
    element('h3', {}, element('strong', { class: 'number' }, percent(share)), what),
    element(
      'p',
      {},
      element(
        'button',
        {
          type: 'button',
          class: 'link',
          title: 'Show source',
          click: () => views.showSource(finding.file, line),
        },
        place,
      ),
    ),
    element(
      'p',
      {},
      element('code', {}, instruction),
      ` at ${offset}, ${counted(samples, 'sample')} in all; a change saves ${percent(most)} at most`,
    ),
    element('p', { class: 'hint' }, `Shown by: ${evidence}.`),
    element('p', {}, change),
  );
}
