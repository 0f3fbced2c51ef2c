import { decoded } from './procfs.js';

/** One line of /proc/PID/maps that maps a file. */
export interface Mapping {
  readonly start: bigint;
  readonly end: bigint;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly executable: boolean;
  /** Offset in the file. */
  readonly offset: number;
}

/** A file as it was loaded once: its mappings, lowest first. */
export interface Module {
  /** As the kernel shows it here: in the target's mount namespace, from our root when it is reached from there. */
  readonly path: string;
  /** The file has no name any more: it was deleted, or replaced by an upgrade. */
  readonly deleted: boolean;
  /** As in maps: major and minor in hexadecimal, e.g. "fe:01". */
  readonly device: string;
  readonly inode: bigint;
  readonly mappings: readonly Mapping[];
}

/** Where a range that the target can write to begins and ends. */
export interface Range {
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * The programs and libraries in the text of /proc/PID/maps (bytes in a string), in order of address: files with
 * an executable mapping. Lines that make no sense are left out.
 */
export function parseModules(text: string): readonly Module[] {
  const loadings: Loading[] = [];
  const latest = new Map<string, Loading>();
  for (const { key, line } of fileLines(text)) {
    let loading = latest.get(key);
    if (loading === undefined || startsAgain(loading, line)) {
      loading = { key, lines: [] };
      loadings.push(loading);
      latest.set(key, loading);
    }
    loading.lines.push(line);
  }
  return loadings.filter(isCode).map(moduleOf);
}

/** All writable ranges in the text of /proc/PID/maps, in order of address. */
export function parseWritable(text: string): readonly Range[] {
  const ranges: { start: bigint; end: bigint }[] = [];
  for (const [, from = '', to = ''] of text.matchAll(writableLine)) {
    const start = BigInt(`0x${from}`);
    const end = BigInt(`0x${to}`);
    const last = ranges.at(-1);
    if (last?.end === start) {
      last.end = end;
    } else if (end > start) {
      ranges.push({ start, end });
    }
  }
  return ranges;
}

/** A module of which nothing is converted yet: most turn out not to be one. */
interface Loading {
  /** Device, inode and name, as in the text. */
  readonly key: string;
  readonly lines: Line[];
}

interface Line {
  readonly start: string;
  readonly end: string;
  readonly permissions: string;
  readonly offset: number;
}

// What comes before the path; names of memory without a file, such as [anon:a/b], do not fit.
const beforePath =
  /^([0-9a-f]{1,16})-([0-9a-f]{1,16}) ([-rwxps]{4}) ([0-9a-f]{1,16}) ([0-9a-f]+:[0-9a-f]+ \d{1,20}) +$/;
/** A line of a file that has an executable mapping, or the name of a Python. */
const codeLine =
  /^[0-9a-f]+-[0-9a-f]+ (?:..x.|....(?= .*\/(?:lib)?python[^/\n]*$)) [0-9a-f]+ ([0-9a-f]+:[0-9a-f]+ \d+) +\//gm;
const writableLine = /^([0-9a-f]{1,16})-([0-9a-f]{1,16}) rw/gm;

/**
 * The lines of files that are code by one of their lines. Goes from slash to slash, as only a line with a path has one:
 * a target can have thousands without, and thousands of files that are only looked at.
 */
function* fileLines(text: string): Generator<{ readonly key: string; readonly line: Line }> {
  const wanted = new Set(Array.from(text.matchAll(codeLine), ([, device]) => device));
  let end = 0;
  for (let slash = text.indexOf('/'); slash >= 0; slash = text.indexOf('/', end)) {
    const match = beforePath.exec(text.slice(text.lastIndexOf('\n', slash) + 1, slash));
    const newline = text.indexOf('\n', slash);
    end = newline < 0 ? text.length : newline;
    if (match !== null && wanted.has(match[5])) {
      const [, start = '', stop = '', permissions = '', offset = '', device = ''] = match;
      const line = { start, end: stop, permissions, offset: Number.parseInt(offset, 16) };
      yield { key: `${device} ${text.slice(slash, end)}`, line };
    }
  }
}

/** The same file is loaded, or only mapped, a second time. Parts of one loading never go back in the file. */
function startsAgain({ lines }: Loading, { offset }: Line): boolean {
  const last = lines.at(-1)?.offset ?? 0;
  return offset < last || (offset === 0 && last > 0);
}

/**
 * Code and data are mapped apart, so one mapping alone is a file that is only looked at. Some programs copy their
 * code into huge pages, and the file's executable mapping is gone: then the name tells.
 */
function isCode({ key, lines }: Loading): boolean {
  return (
    lines.length > 1 &&
    (lines.some(({ permissions }) => permissions[2] === 'x') || /\/(lib)?python[^/]*$/.test(key))
  );
}

function moduleOf({ key, lines }: Loading): Module {
  const [, device = '', inode = '', name = ''] = /^(\S+) (\d+) (.*)$/.exec(key) ?? [];
  const deleted = name.endsWith(deletedMark);
  const path = deleted ? name.slice(0, -deletedMark.length) : name;
  // seq_file_path() in the kernel writes a newline as \012 and nothing else in this way.
  const decodedPath = decoded(path).replaceAll('\\012', '\n');
  return { path: decodedPath, deleted, device, inode: BigInt(inode), mappings: lines.map(mappingOf) };
}

function mappingOf({ start, end, permissions, offset }: Line): Mapping {
  return {
    start: BigInt(`0x${start}`),
    end: BigInt(`0x${end}`),
    readable: permissions[0] === 'r',
    writable: permissions[1] === 'w',
    executable: permissions[2] === 'x',
    offset,
  };
}

const deletedMark = ' (deleted)';
