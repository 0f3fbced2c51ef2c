import { displayWidth, keepEnd } from '../lib/display-width.js';
import { printable } from '../lib/printable.js';
import { inked } from './style.js';

export interface Place {
  readonly file: string;
  /** 1-based; 0 for none. */
  readonly line: number;
  readonly function: string;
}

/**
 * `file:line function` in at most `room` columns, 3 at least. Where that is too narrow, the file's directories give way first,
 * then the function's beginning.
 */
export function placeText(place: Place, room: number, colour: boolean): string {
  const path = printable(place.file) + (place.line > 0 ? `:${place.line}` : '');
  const whole = printable(place.function);
  const name = keepEnd(whole, Math.max(room - displayWidth(path) - 1, Math.floor(room / 2)));
  const file = keepEnd(path, room - displayWidth(name) - 1);
  return `${inked(file, 'cyan', colour)} ${name}`;
}
