/**
 * Text that came from a target (names, file names, command lines), made safe to show: control characters,
 * direction overrides, invisible marks, lone surrogates (Python's surrogateescape) and code points that XML
 * forbids become escapes such as `\x1b` and `\u202e`. Everything that reaches a terminal or a picture goes
 * through here, so that a function's name can neither move the cursor nor hide what stands beside it.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\p{Cs}\u{e0000}-\u{e0fff}]/gu;

function escapeCharacter(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  const hex = point.toString(16);
  if (point <= 0xff) {
    return `\\x${hex.padStart(2, '0')}`;
  }
  return point <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
}
