/** Joins small pieces of text into chunks of about `size` characters: few writes, and no giant string. */
export function* chunks(pieces: Iterable<string>, size = 1 << 16): Generator<string> {
  let held: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    held.push(piece);
    length += piece.length;
    if (length >= size) {
      yield held.join('');
      held = [];
      length = 0;
    }
  }
  if (length > 0) {
    yield held.join('');
  }
}

/** The pieces of a list with a separator between them. */
export function* separated(pieces: Iterable<string>, separator: string): Generator<string> {
  let first = true;
  for (const piece of pieces) {
    yield first ? piece : separator + piece;
    first = false;
  }
}
