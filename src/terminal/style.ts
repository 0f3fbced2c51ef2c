/** Whether to write colour to a stream: a terminal, and the user has not asked for none (https://no-color.org). */
export function wantsColour(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
}

/** How a text for a terminal may look. */
export interface TerminalStyle {
  /** Width in columns. */
  readonly columns: number;
  readonly colour: boolean;
}

export type Ink = 'bold' | 'dim' | 'green' | 'yellow' | 'cyan' | 'red' | 'plain';

const CODES: Readonly<Record<Ink, number>> = {
  bold: 1,
  dim: 2,
  green: 32,
  yellow: 33,
  cyan: 36,
  red: 31,
  plain: 0,
};

export function inked(text: string, ink: Ink, colour: boolean): string {
  return colour && text !== '' && ink !== 'plain' ? `\u001b[${CODES[ink]}m${text}\u001b[0m` : text;
}
