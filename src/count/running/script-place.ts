import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { HeavyopsError } from '../../errors.js';
import { errnoOf } from '../../lib/file-system.js';
import { noSuchProcess } from '../../target/refusals.js';
import { Access, permits, type Rights, rightsOf } from '../../target/rights.js';
import { type Answer, answerIn } from './script.js';

/**
 * A place for a file in a process's own root, which that process alone can read. Its name cannot be guessed, and nobody
 * who could has made it before us.
 */
export class ScriptPlace {
  /** As the process names it. */
  readonly path: string;
  readonly #directory: number;
  readonly #name: string;
  readonly #file: number;
  #length = 0;
  #removed = false;

  private constructor(directory: number, path: string, name: string, file: number) {
    this.path = `${path}/${name}`;
    this.#directory = directory;
    this.#name = name;
    this.#file = file;
  }

  /** @throws HeavyopsError NO_SUCH_PROCESS, NOT_COUNTABLE when there is no directory that both can use */
  static find(pid: number): ScriptPlace {
    const rights = rightsOf(pid);
    if (rights === undefined) throw noSuchProcess(pid);
    const refusals: unknown[] = [];
    for (const path of directories) {
      try {
        return ScriptPlace.#make(pid, path, rights);
      } catch (error) {
        refusals.push(error);
      }
    }
    throw noPlace(pid, new AggregateError(refusals));
  }

  static #make(pid: number, path: string, rights: Rights): ScriptPlace {
    const directory = openDirectory(pid, path, rights);
    try {
      const name = `heavyops-${randomBytes(12).toString('hex')}`;
      const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      const file = openSync(within(directory, name), flags, 0o600);
      const place = new ScriptPlace(directory, path, name, file);
      try {
        const [group = rights.user] = rights.groups;
        if (fstatSync(file).uid !== rights.user) fchownSync(file, rights.user, group);
      } catch (error) {
        place.remove();
        throw error;
      }
      return place;
    } catch (error) {
      closeSync(directory);
      throw error;
    }
  }

  /** @throws HeavyopsError NOT_COUNTABLE when the disk is full */
  write(content: Uint8Array): void {
    try {
      for (let at = 0; at < content.length; )
        at += writeSync(this.#file, content, at, content.length - at, at);
    } catch (cause) {
      throw new HeavyopsError(
        'NOT_COUNTABLE',
        `the script for the process cannot be written to ${this.path} of its root: ${reasonOf(cause)}`,
        'Free some space there: it needs 0.2 MB, for a moment.',
        cause,
      );
    }
    this.#length = content.length;
  }

  /** What the process has written behind it. */
  answer(): Answer {
    const written = Buffer.alloc(Math.max(fstatSync(this.#file).size - this.#length, 0));
    const got = readSync(this.#file, written, 0, written.length, this.#length);
    return answerIn(written.subarray(0, got));
  }

  /** Leaves nothing of it. May be called again. */
  remove(): void {
    if (this.#removed) return;
    this.#removed = true;
    try {
      unlinkSync(within(this.#directory, this.#name));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error; // The process may have removed it.
    } finally {
      closeSync(this.#file);
    }
  }
}

/** Of a container that is read-only but for one of them, too. */
const directories = ['/tmp', '/var/tmp', '/dev/shm'];

/** include/uapi/asm-generic/fcntl.h; Node.js has no name for it. */
const O_PATH = 0o10000000;

function within(directory: number, name: string): string {
  return `/proc/self/fd/${directory}/${name}`;
}

/** No link in it is followed: the kernel would follow an absolute one from our own root. */
function openDirectory(pid: number, path: string, rights: Rights): number {
  let here = openSync(`/proc/${pid}/root`, O_PATH | constants.O_DIRECTORY);
  for (const name of path.split('/').filter(Boolean)) {
    const above = here;
    try {
      here = openSync(within(above, name), O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    } finally {
      closeSync(above);
    }
    if (!permits(rights, fstatSync(here), Access.search)) {
      closeSync(here);
      throw new Error(`the process may not enter ${path}`);
    }
  }
  return here;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function noPlace(pid: number, cause: AggregateError): HeavyopsError {
  return new HeavyopsError(
    'NOT_COUNTABLE',
    `process ${pid} has no directory for the script that it is to run: ${reasonOf(cause.errors[0])}`,
    `One of ${directories.join(', ')} in its root has to be a directory in which heavyops may make a file and the process may read it.`,
    cause,
  );
}
