import { quoteBytes, quoteText } from './python-literals.js';
import type { Beginning } from './scalars.js';

/** A str as `repr` writes it, of which perhaps only the first `most` code points are there. */
export function shortText({ start, length }: Beginning<string>, most: number): string {
  return quoteText(start) + (length > most ? '...' : '');
}

export function shortBytes({ start, length }: Beginning<Uint8Array>): string {
  return quoteBytes(start) + (length > start.length ? '...' : '');
}

/** An int with at most so many digits, or how many bits it has. */
export function shortInteger(
  integer: { readonly value: bigint } | { readonly bits: number },
  most: number,
): string {
  if ('bits' in integer) return `<int of about ${integer.bits} bits>`;
  const text = integer.value.toString();
  return text.length <= most
    ? text
    : `${text.slice(0, most)}...(${text.length - (text[0] === '-' ? 1 : 0)} digits)`;
}
