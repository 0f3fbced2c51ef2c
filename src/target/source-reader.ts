import { closeSync, constants, fstatSync, openSync, readSync } from '../lib/file-system.js';
import { openInRoot, tryTo } from './open-in-root.js';
import { ageOf, processStat } from './process.js';
import { linkOf } from './procfs.js';
import { type Rights, rightsOf } from './rights.js';

export interface SourceText {
  readonly text: string;
  /** The file was written to after the process had started. */
  readonly changed: boolean;
}

/**
 * Reads source files as a process sees them, through its root and with its rights. The root stays within reach when the
 * process has ended, until `close`.
 */
export class SourceReader {
  #root: number | undefined;
  readonly #rights: Rights | undefined;
  readonly #directory: string;
  /** Milliseconds since the epoch. */
  readonly #processStart: number;

  /** @param startedAt when it started what is read for it, if it did not read it itself: milliseconds since the epoch */
  constructor(pid: number, startedAt?: number) {
    // Without the rights to see its root there is no source to show, and all else is as it would be.
    this.#rights = tryTo(() => rightsOf(pid));
    this.#root = tryTo(() => openSync(`/proc/${pid}/root`, constants.O_RDONLY | constants.O_DIRECTORY));
    this.#directory = directoryOf(pid);
    this.#processStart = startedAt ?? startOf(pid);
  }

  /**
   * @param filename `co_filename`; one that is relative is taken from the directory in which the process was when
   * this was made
   */
  read(filename: string): SourceText | undefined {
    if (this.#root === undefined || this.#rights === undefined || !isPath(filename)) return undefined;
    const path = filename.startsWith('/') ? filename : `${this.#directory}/${filename}`;
    const file = openInRoot(this.#root, path, this.#rights);
    if (file === undefined) return undefined;
    try {
      const { size, mtimeMs } = fstatSync(file);
      if (size > largestSource) return undefined;
      // Times of files come from a clock that is up to a tick behind.
      return { text: decodedSource(contentOf(file, size)), changed: mtimeMs > this.#processStart + 1000 };
    } finally {
      closeSync(file);
    }
  }

  close(): void {
    if (this.#root !== undefined) closeSync(this.#root);
    this.#root = undefined;
  }
}

/** Generated tables can be larger; nobody reads them line by line. */
export const largestSource = 512 * 1024;

/** `<string>`, `<frozen importlib._bootstrap>` and the like are no files. */
function isPath(filename: string): boolean {
  return filename !== '' && !/^<.*>$/.test(filename) && !filename.includes('\0');
}

/** Milliseconds since the epoch. */
function startOf(pid: number): number {
  const stat = processStat(pid);
  return stat === undefined ? 0 : Date.now() - ageOf(stat) * 1000;
}

/** As its own root names it. */
function directoryOf(pid: number): string {
  const [directory = '/', root = '/'] = [linkTo(`/proc/${pid}/cwd`), linkTo(`/proc/${pid}/root`)];
  return root !== '/' && directory.startsWith(root) ? directory.slice(root.length) : directory;
}

function linkTo(path: string): string | undefined {
  return tryTo(() => linkOf(path));
}

function contentOf(file: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let done = 0;
  while (done < size) {
    const count = readSync(file, bytes, done, size - done, done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}

/** UTF-8, or what its first two lines say (PEP 263); other encodings than these come out with U+FFFD in them. */
function decodedSource(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 300)).toString('latin1').split('\n').slice(0, 2).join('\n');
  const [, name = 'utf-8'] = /^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)/m.exec(start) ?? [];
  const isLatin = /^(latin-?1|iso-?8859-?1|iso-latin-1|l1|cp1252|windows-1252)$/i.test(
    name.replaceAll('_', '-'),
  );
  return isLatin ? Buffer.from(bytes).toString('latin1') : new TextDecoder('utf-8').decode(bytes);
}
