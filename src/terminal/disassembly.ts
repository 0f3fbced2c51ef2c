import { displayWidth, keepStart, pad } from '../lib/display-width.js';
import { printable } from '../lib/printable.js';
import { counted, percent } from '../lib/quantities.js';
import type { CodeTimes } from '../profile/code-times.js';
import { isCounted } from '../profile/counts.js';
import type { ListedInstruction } from '../profile/listing.js';
import { typesTexts } from '../profile/operand-text.js';
import type { Profile } from '../profile/profile.js';
import { placeText } from './place.js';
import { type Ink, inked, type TerminalStyle } from './style.js';

/**
 * A code object's instructions with the share of each, its source lines between them: `>>` marks where jumps lead to,
 * and the last column what became of an instruction.
 */
export function disassemblyText(
  profile: Profile,
  times: CodeTimes,
  instructions: readonly ListedInstruction[],
  style: TerminalStyle,
): string {
  const widths = widthsOf(instructions);
  const targets = new Set(instructions.map(({ target }) => target));
  const source = sourceLines(profile, times.code);
  const hottest = Math.max(...Array.from(times.instructions.values(), ({ weight }) => weight));
  let line = -1;
  const rows = instructions.flatMap((instruction) => {
    const between = instruction.line === line ? [] : [sourceLine(instruction.line, source, style)];
    line = instruction.line;
    // Nothing is specialised while it is counted, which says nothing of the program.
    const listed: ListedInstruction = isCounted(profile.meta)
      ? { ...instruction, specialisation: 'plain' }
      : instruction;
    return [...between, row(listed, times, targets, widths, hottest, style)];
  });
  return [heading(profile, times, style), inked(header(widths), 'bold', style.colour), ...rows, ''].join(
    '\n',
  );
}

function heading(
  { meta, codes, strings }: Profile,
  times: CodeTimes,
  { columns, colour }: TerminalStyle,
): string {
  const { code, own, total, whole } = times;
  const place = {
    file: strings[codes.filename[code] as number] ?? '',
    line: codes.firstLine[code] as number,
    function: strings[codes.qualname[code] as number] ?? '',
  };
  const share = (weight: number) => percent(whole > 0 ? weight / whole : 0);
  const amounts = isCounted(meta)
    ? `${counted(own, 'execution')}, ${share(own)} of all`
    : `${share(own)} of the time in it, ${share(total)} with what it calls`;
  return `${placeText(place, columns, colour)}\n${amounts}\n`;
}

interface Widths {
  readonly offset: number;
  readonly name: number;
  readonly argument: number;
}

/** Of a share, as `100.0 %`; of the mark of a jump's target. */
const shareWidth = 7;
const longestArgument = 40;

function widthsOf(instructions: readonly ListedInstruction[]): Widths {
  const widest = (text: (instruction: ListedInstruction) => string, least: number) =>
    instructions.reduce((width, one) => Math.max(width, displayWidth(text(one))), least);
  return {
    offset: widest(({ offset }) => String(offset), 'OFFSET'.length),
    name: widest(({ name }) => name, 'INSTRUCTION'.length),
    argument: Math.min(longestArgument, widest(argumentText, 'ARGUMENT'.length)),
  };
}

function header({ offset, name, argument }: Widths): string {
  const columns = [pad('SHARE', shareWidth, 'right'), '  ', pad('OFFSET', offset, 'right')];
  return [...columns, pad('INSTRUCTION', name), pad('ARGUMENT', argument), 'STATE'].join('  ').trimEnd();
}

function sourceLine(line: number, source: readonly string[], { columns, colour }: TerminalStyle): string {
  if (line <= 0) return inked('(no line)', 'dim', colour);
  const text = printable((source[line - 1] ?? '').replaceAll('\t', '    '));
  return inked(keepStart(`${line}  ${text}`.trimEnd(), columns), 'cyan', colour);
}

function row(
  instruction: ListedInstruction,
  { instructions, whole }: CodeTimes,
  targets: ReadonlySet<number>,
  widths: Widths,
  hottest: number,
  style: TerminalStyle,
): string {
  const { offset, name, specialisation } = instruction;
  const time = instructions.get(offset);
  const share = time === undefined || whole <= 0 ? '' : percent(time.weight / whole);
  const cells = [
    inked(pad(share, shareWidth, 'right'), time?.weight === hottest ? 'red' : 'bold', style.colour),
    targets.has(offset) ? '>>' : '  ',
    pad(String(offset), widths.offset, 'right'),
    inked(pad(name, widths.name), inks[specialisation], style.colour),
    pad(keepStart(argumentText(instruction), widths.argument), widths.argument),
    stateText(instruction, time),
  ];
  return cells.join('  ').trimEnd();
}

const inks: Readonly<Record<ListedInstruction['specialisation'], Ink>> = {
  specialised: 'green',
  adaptive: 'yellow',
  plain: 'plain',
};

/** As `dis` writes it: the number and, in parentheses, what it stands for. */
function argumentText({ arg, text }: ListedInstruction): string {
  if (arg < 0) return printable(text);
  return text === '' ? String(arg) : `${arg} (${printable(text)})`;
}

function stateText(
  { name, base, specialisation, operands }: ListedInstruction,
  time: { readonly weight: number; readonly forms: ReadonlyMap<string, number> } | undefined,
): string {
  const from = name === base ? '' : `from ${base}`;
  const state = specialisation === 'adaptive' ? 'not specialised' : from;
  const others = [...(time?.forms ?? [])].filter(([form]) => form !== name);
  const ran = others.map(([form, weight]) => `${percent(weight / (time?.weight ?? 1))} as ${form}`);
  return [state, ...ran, ...(operands === undefined ? [] : typesTexts(operands).map(printable))]
    .filter((text) => text !== '')
    .join(', ');
}

function sourceLines({ sources, codes }: Profile, code: number): readonly string[] {
  const file = codes.filename[code] as number;
  return sources?.find((source) => source.file === file)?.text.split(/\r\n|\r|\n/) ?? [];
}
