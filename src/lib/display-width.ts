/** Columns that `text` takes on a terminal: 2 for wide characters (CJK, emoji), 0 for combining marks, else 1. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    width += characterWidth(character);
  }
  return width;
}

/** `text` with spaces after it (before it with `'right'`) up to `width` columns. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const spaces = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'left' ? text + spaces : spaces + text;
}

/** The end of `text` in at most `width` columns, `…` standing for what was cut off in front of it. */
export function keepEnd(text: string, width: number): string {
  return displayWidth(text) <= width
    ? text
    : `…${take([...text].reverse(), width - 1)
        .reverse()
        .join('')}`;
}

/** The beginning of `text` in at most `width` columns, `…` standing for what was cut off behind it. */
export function keepStart(text: string, width: number): string {
  return displayWidth(text) <= width ? text : `${take([...text], width - 1).join('')}…`;
}

function take(characters: readonly string[], width: number): string[] {
  const taken: string[] = [];
  let left = width;
  for (const character of characters) {
    left -= characterWidth(character);
    if (left < 0) {
      break;
    }
    taken.push(character);
  }
  return taken;
}

const COMBINING = /^(?:\p{Mn}|\p{Me}|\u200d|\ufe0f)$/u;

function characterWidth(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x300) {
    return 1;
  }
  if (COMBINING.test(character)) {
    return 0;
  }
  return WIDE.some(([first, last]) => point >= first && point <= last) ? 2 : 1;
}

/** Blocks whose characters are Wide or Fullwidth in Unicode's EastAsianWidth.txt, coarsened to whole blocks. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18aff],
  [0x1b000, 0x1b2ff],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x1fa70, 0x1faff],
  [0x20000, 0x3fffd],
];
