import type { OptionDescription } from './options.js';

/** What stands in a plain command line. */
export interface QuickParse {
  readonly argument: string | undefined;
  /** By the option's name, as commander has them. */
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Parses a plain command line: names of options in full, each value a word of its own, at most one argument.
 * Everything else, and whatever is wrong, comes out as nothing and is commander's, which knows all ways to write an
 * option, the help and the messages. To load it takes as long as to find Python in a process and read it.
 */
export function parseQuickly(
  words: readonly string[],
  descriptions: readonly OptionDescription[],
): QuickParse | undefined {
  const values = defaultsOf(descriptions);
  let argument: string | undefined;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (isPlain(word)) {
      if (argument !== undefined) return undefined;
      argument = word;
      continue;
    }
    const description = descriptions.find(({ flags }) => namesOf(flags).includes(word));
    const value = description?.parse === undefined ? true : valueIn(words[++at], description.parse);
    if (description === undefined || value === undefined) return undefined;
    const key = keyOf(description);
    values[key] = description.repeatable ? [...(values[key] as readonly unknown[]), value] : value;
  }
  return { argument, values };
}

function defaultsOf(descriptions: readonly OptionDescription[]): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const description of descriptions) {
    if (description.repeatable) values[keyOf(description)] = [];
    else if (description.default !== undefined) values[keyOf(description)] = description.default.value;
  }
  return values;
}

function valueIn(word: string | undefined, parse: (text: string) => unknown): unknown {
  if (word === undefined || !(isPlain(word) || word === '-')) return undefined;
  try {
    return parse(word);
  } catch {
    return undefined; // Commander comes to the same, and then it is told.
  }
}

/** Neither an option, nor `=` and what it may mean, nor empty. */
function isPlain(word: string): boolean {
  return /^[^-=]/.test(word);
}

/** `-r, --rate <rate>`: `-r` and `--rate`. */
function namesOf(flags: string): readonly string[] {
  return flags.split(/,? /).filter((part) => part.startsWith('-'));
}

/** `rate`, `offCpu`; the short name where there is no long one. */
function keyOf({ flags }: OptionDescription): string {
  const name = (namesOf(flags).at(-1) ?? '').replace(/^-+/, '');
  return name.replace(/-./g, ([, letter = '']) => letter.toUpperCase());
}
