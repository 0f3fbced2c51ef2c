/**
 * Whether a path matches a glob, as a whole or by its last component. `*` and `?` stop at slashes, `**` does
 * not, `[a-z]` and `[!a-z]` are sets, `{a,b}` alternatives. (`path.matchesGlob` is not in Node 20.)
 */
export function globMatcher(glob: string): (path: string) => boolean {
  const pattern = new RegExp(`^(?:${globSource(glob)})$`, 'su');
  return (path) => pattern.test(path) || pattern.test(path.slice(path.lastIndexOf('/') + 1));
}

const TOKEN = /\*\*\/|\*+|\?|\[!?\]?[^\]/]*\]|\{[^{}]*\}|./gsu;

function globSource(glob: string): string {
  return (glob.match(TOKEN) ?? []).map(tokenSource).join('');
}

function tokenSource(token: string): string {
  if (token === '**/') {
    return '(?:.*/)?';
  }
  if (token.startsWith('*')) {
    return token === '*' ? '[^/]*' : '.*';
  }
  if (token === '?') {
    return '[^/]';
  }
  if (token.length > 2 && token.startsWith('[')) {
    return setSource(token);
  }
  if (token.length > 1 && token.startsWith('{')) {
    return `(?:${token.slice(1, -1).split(',').map(globSource).join('|')})`;
  }
  return literal(token);
}

/** A set whose range runs backwards is no set: it is then taken as it is written. */
function setSource(token: string): string {
  const negated = token.startsWith('[!');
  const members = token.slice(negated ? 2 : 1, -1).replace(/[\\\]^[&~|()/{}]/gu, '\\$&');
  const source = negated ? `(?:(?!/)[^${members}])` : `[${members}]`;
  try {
    new RegExp(source, 'u');
    return source;
  } catch {
    return literal(token);
  }
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}
