import { grouped, percent } from '../../../lib/quantities.js';
import { opcodeClass, stateNames } from './colours.js';
import type { OpcodeData } from './data.js';
import { bar, element } from './dom.js';
import { at, type Model } from './model.js';
import type { TimedInstruction } from './source-lines.js';
import { characterAt, underlined } from './source-marks.js';

/** Where instructions are shown. */
export interface InstructionContext {
  /** What shares are of. */
  readonly whole: number;
  /** Of the file; nothing where there is none. */
  readonly lines: readonly string[] | undefined;
  /** Whether to tell the line of each. */
  readonly withLines: boolean;
}

/** Instructions as `dis` shows them, each with its share, coloured by whether it is specialised. */
export function instructionTable(
  model: Model,
  instructions: readonly TimedInstruction[],
  { whole, lines, withLines }: InstructionContext,
): HTMLElement {
  const hottest = Math.max(...instructions.map(({ weight }) => weight));
  const withSource =
    lines !== undefined && instructions.some(({ row }) => at(model.instructions.column, row) >= 0);
  const headings = [
    ...(withLines ? ['Line'] : []),
    'Offset',
    'Instruction',
    'Argument',
    'Share',
    model.wording.counts,
    ...(withSource ? ['Belongs to'] : []),
  ];
  const numeric = ['Line', 'Offset', model.wording.counts];
  return element(
    'table',
    { class: 'instructions' },
    element('caption', { class: 'unseen' }, 'Instructions'),
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        ...headings.map((text) =>
          element('th', { scope: 'col', class: numeric.includes(text) ? 'number' : '' }, text),
        ),
      ),
    ),
    element(
      'tbody',
      {},
      ...instructions.map((one) =>
        element(
          'tr',
          {
            class: `on-${opcodeOf(model, one).state}${one.weight > 0 && one.weight === hottest ? ' hottest' : ''}`,
          },
          withLines ? element('td', { class: 'number' }, one.line > 0 ? String(one.line) : '–') : undefined,
          element('td', { class: 'number' }, String(at(model.instructions.offset, one.row))),
          nameCell(model, one),
          element('td', { class: 'argument' }, argumentOf(model, one)),
          shareCell(model, one, whole, hottest, opcodeClass(model.data, opcodeOf(model, one))),
          element('td', { class: 'number' }, one.count > 0 ? grouped(one.count) : ''),
          withSource ? element('td', {}, snippet(model, one, lines)) : undefined,
        ),
      ),
    ),
  );
}

export function opcodeOf(model: Model, { row }: TimedInstruction): OpcodeData {
  return model.data.opcodes[at(model.instructions.opcode, row)] ?? unknown;
}

const unknown: OpcodeData = { name: '?', base: '?', family: 'other', state: 'plain' };

function nameCell(model: Model, one: TimedInstruction): HTMLElement {
  const opcode = opcodeOf(model, one);
  const { name, base, state } = opcode;
  const form = `${stateNames[state]}${base === name ? '' : `, compiled as ${base}`}`;
  const others = [...one.forms]
    .filter(([opcode]) => model.data.opcodes[opcode]?.name !== name)
    .map(([opcode, weight]) => `${model.data.opcodes[opcode]?.name ?? '?'} ${percent(weight / one.weight)}`);
  return element(
    'td',
    { class: 'opcode', title: model.data.specialises ? form : undefined },
    element('i', { class: `swatch ${opcodeClass(model.data, opcode)}` }),
    name,
    model.data.specialises ? element('span', { class: 'unseen' }, `, ${stateNames[state]}`) : undefined,
    others.length > 0 ? element('span', { class: 'also' }, `ran as ${others.join(', ')}`) : undefined,
  );
}

/** The number and, in parentheses, what it stands for, as `dis` writes it. */
function argumentOf(model: Model, { row }: TimedInstruction): string {
  const arg = at(model.instructions.arg, row);
  const text = model.data.texts[at(model.instructions.text, row)] ?? '';
  if (arg < 0) return text;
  return text === '' ? String(arg) : `${arg} (${text})`;
}

/** Numbers are shares of everything, bars are as long as they are beside the hottest one here. */
function shareCell(
  { wording }: Model,
  { weight, count }: TimedInstruction,
  whole: number,
  hottest: number,
  colour: string,
): HTMLElement {
  if (weight <= 0) return element('td', { class: 'share' });
  const share = whole > 0 ? weight / whole : 0;
  return element(
    'td',
    { class: 'share', title: wording.amount(weight, count) },
    bar(weight / hottest, colour),
    element('span', { class: 'number' }, percent(share)),
  );
}

function snippet(
  model: Model,
  { row }: TimedInstruction,
  lines: readonly string[] | undefined,
): HTMLElement | string {
  const { instructions } = model;
  const text = lines?.[at(instructions.line, row) - 1];
  const [column, endColumn] = [at(instructions.column, row), at(instructions.endColumn, row)];
  if (text === undefined || column < 0) return '';
  const isOneLine = at(instructions.endLine, row) === at(instructions.line, row);
  return underlined(text, characterAt(text, column), isOneLine ? characterAt(text, endColumn) : text.length);
}
