import { printable } from '../../../lib/printable.js';
import type { State } from './data.js';
import { element } from './dom.js';

/** A stretch of a line that an instruction belongs to. */
export interface Mark {
  /** Characters, `to` behind the last. */
  readonly from: number;
  readonly to: number;
  readonly state: State;
  /** 0 to 1: how hot, beside the rest of the line. */
  readonly heat: number;
}

/** A line's text with its hot stretches marked; where they overlap, the hottest is seen. */
export function markedLine(text: string, marks: readonly Mark[]): HTMLElement {
  const owner = new Int32Array(text.length).fill(-1);
  const coolestFirst = marks.map((mark, index) => ({ ...mark, index })).sort((a, b) => a.heat - b.heat);
  for (const { from, to, index } of coolestFirst) owner.fill(index, from, to);
  const line = element('code');
  for (let from = 0; from < text.length; ) {
    const index = owner[from] as number;
    let to = from + 1;
    while (to < text.length && owner[to] === index) to++;
    const mark = marks[index];
    const shown = shownText(text.slice(from, to));
    if (mark === undefined) line.append(shown);
    else {
      const stretch = element('mark', { class: `on-${mark.state}` }, shown);
      stretch.style.setProperty('--heat', mark.heat.toFixed(2));
      line.append(stretch);
    }
    from = to;
  }
  return line;
}

/** A stretch of a line underlined, the rest of the line around it. */
export function underlined(text: string, from: number, to: number): HTMLElement {
  const start = text.length - text.trimStart().length;
  const [first, last] = [Math.max(start, from), Math.max(start, to)];
  return element(
    'code',
    { class: 'snippet' },
    shownText(text.slice(start, first)),
    element('u', {}, shownText(text.slice(first, last))),
    shownText(text.slice(last)),
  );
}

/** Tabs are kept: the page shows them as the editor does. */
function shownText(text: string): string {
  return text.split('\t').map(printable).join('\t');
}

/** The character at a byte offset of a line in UTF-8, which is what the interpreter counts columns in. */
export function characterAt(text: string, byte: number): number {
  if (byte < 0) return 0;
  let bytes = 0;
  let index = 0;
  for (const character of text) {
    if (bytes >= byte) break;
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    index += character.length;
  }
  return index;
}

/** As Python counts lines of a file. */
export function linesOf(text: string): readonly string[] {
  return text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/);
}
