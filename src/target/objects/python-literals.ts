/** Text as `repr` writes it: in single quotes unless it holds these and no double ones. */
export function quoteText(text: string): string {
  const quote = quoteFor(text.includes("'"), text.includes('"'));
  const escaped = text.replace(notPrintable, escapeCharacter).replaceAll(quote, `\\${quote}`);
  return `${quote}${escaped}${quote}`;
}

/** Bytes as `repr` writes them, with the `b` in front. */
export function quoteBytes(bytes: Uint8Array): string {
  const quote = quoteFor(bytes.includes(0x27), bytes.includes(0x22));
  let text = '';
  for (const byte of bytes) text += byteText(byte, quote);
  return `b${quote}${text}${quote}`;
}

function quoteFor(single: boolean, double: boolean): string {
  return single && !double ? '"' : "'";
}

// str.isprintable(): not in the categories "Other" and "Separator", but for the space.
const notPrintable = /\\|(?! )[\p{C}\p{Z}]/gu;

function escapeCharacter(character: string): string {
  const short = shortEscapes.get(character);
  if (short !== undefined) return short;
  const point = character.codePointAt(0) ?? 0;
  const hex = (digits: number) => point.toString(16).padStart(digits, '0');
  if (point <= 0xff) return `\\x${hex(2)}`;
  return point <= 0xffff ? `\\u${hex(4)}` : `\\U${hex(8)}`;
}

const shortEscapes = new Map([
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

function byteText(byte: number, quote: string): string {
  const character = String.fromCharCode(byte);
  if (character === quote) return `\\${quote}`;
  if (byte >= 0x20 && byte < 0x7f) return character === '\\' ? '\\\\' : character;
  return shortEscapes.get(character) ?? `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** As `float.__repr__`: the shortest digits that give the same number back, "1e+16" and "1e-05" beyond its bounds. */
export function floatText(value: number): string {
  const text = shortest(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** As `complex.__repr__`: the parts without ".0", in parentheses when there is a real one. */
export function complexText(real: number, imaginary: number): string {
  if (Object.is(real, 0)) return `${shortest(imaginary)}j`;
  const sign = imaginary < 0 || Object.is(imaginary, -0) ? '' : '+';
  return `(${shortest(real)}${sign}${shortest(imaginary)}j)`;
}

function shortest(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return `${sign}inf`;
  const [digits = '0', power = '0'] = size.toExponential().split('e');
  const exponent = Number(power);
  // PyOS_double_to_string with 'r': positional from 1e-4 to below 1e16.
  if (exponent < -4 || exponent >= 16) {
    return `${sign}${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  return sign + positional(digits.replace('.', ''), exponent);
}

function positional(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const rest = digits.slice(exponent + 1);
  return rest === '' ? whole : `${whole}.${rest}`;
}
