import { printable } from '../lib/printable.js';

/** Text for XML, in an element or between quotes, with nothing in it that a reader would act on. */
export function xml(text: string): string {
  return printable(text).replace(/[&<>"']/gu, (character) => ENTITIES[character] ?? '');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
