/**
 * Austin's binary output, MOJO version 3 ("MOJ", then events that begin with their kind), as far as stacks and errors
 * are in it. Each sample is a stack event, references to frames, root first, and its time; definitions of strings and
 * frames may come in between. https://github.com/P403n1x87/austin/wiki/The-MOJO-file-format
 *
 * @param {Buffer} bytes
 * @returns {{ stacks: import('./collapsed.mjs').Stacks, samples: number, invalid: number, errors: number }} invalid: samples
 *   with no frame, or one that could not be read; errors: what it counted itself (`errors`, as in "3/918")
 */
export function mojoStacks(bytes) {
  if (bytes.toString('latin1', 0, 3) !== 'MOJ')
    throw new Error('not a file of austin: it does not begin with MOJ');
  let at = 3;
  // 6 bits and a sign in the first byte, 7 in each that follows; keys pass 2^53, so as text.
  const skip = () => {
    while ((bytes[at++] ?? 0) & 0x80);
  };
  const reference = () => {
    const from = at;
    skip();
    return bytes.toString('latin1', from, at);
  };
  const text = () => {
    const from = at;
    at = bytes.indexOf(0, from);
    if (at < 0) at = bytes.length;
    return bytes.toString('utf8', from, at++);
  };
  skip(); // the format's version
  /** @type {Map<string, string>} */
  const strings = new Map();
  /** @type {Map<string, string>} */
  const names = new Map();
  /** The same frames over and over: counted by their references, named at the end. @type {Map<string, number>} */
  const seen = new Map();
  let [samples, invalid, errors, broken, open] = [0, 0, 0, false, false];
  let frames = '';
  const close = () => {
    if (!open) return;
    samples += 1;
    // Where it could not read a thread it writes a sample without frames, and counts an error (4.0.0, measured).
    if (broken || frames === '') invalid += 1;
    else seen.set(frames, (seen.get(frames) ?? 0) + 1);
    [frames, broken, open] = ['', false, false];
  };
  while (at < bytes.length) {
    const kind = bytes[at++];
    if (kind === 1) {
      const key = text();
      const value = text();
      if (key === 'errors') errors = Number.parseInt(value, 10);
    } else if (kind === 2) {
      close();
      skip();
      skip();
      text();
      open = true;
    } else if (kind === 3) {
      const key = reference();
      skip();
      names.set(key, reference());
      for (let i = 0; i < 4; i++) skip(); // line, its end, column, its end
    } else if (kind === 4) broken = true;
    else if (kind === 5) frames += reference();
    else if (kind === 6) text();
    else if (kind === 9 || kind === 10) skip();
    else if (kind === 11) {
      const key = reference();
      strings.set(key, text());
    } else if (kind === 12) skip();
    else if (kind !== 7 && kind !== 8) throw new Error(`unknown event ${kind} at byte ${at - 1}`);
  }
  close();
  const nameOf = (/** @type {string} */ key) => strings.get(names.get(key) ?? '') ?? '?';
  const stacks = new Map();
  for (const [keys, count] of seen) {
    const key = [...keys.matchAll(/[\x80-\xff]*[\0-\x7f]/g)].map(([one]) => nameOf(one)).join(';');
    stacks.set(key, (stacks.get(key) ?? 0) + count);
  }
  return { stacks, samples, invalid, errors };
}
