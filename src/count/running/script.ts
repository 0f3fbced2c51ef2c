import { createHash } from 'node:crypto';

/** What the process is to run. */
export interface ScriptParts {
  /** Of the file that the script itself is in, as the process names it. */
  readonly path: string;
  /** Seconds since the epoch after which nobody waits for it any more. */
  readonly until: number;
  /** Where a thread state has what it is asked for: `pendingCall` and `scriptPath` of a `ScriptRequest`. */
  readonly pendingCall: number;
  readonly scriptPath: number;
  /** Of the two anonymous files that it makes. */
  readonly name: string;
  /** What the file of counters begins with, and its size. */
  readonly start: Uint8Array;
  readonly size: number;
  /** The library that counts. */
  readonly library: Uint8Array;
}

/**
 * The file that the process is asked to run: Python, and behind its end, a zero byte, what it needs. CPython takes it for
 * a C string (run_remote_debugger_source in Python/ceval_gil.c).
 *
 * It says what became of it at the file's end: see `Answer`.
 */
export function scriptFile(parts: ScriptParts): Buffer {
  const total = libraryPlace + parts.library.length;
  const file = Buffer.alloc(total);
  const text = textFor(parts, total);
  if (Buffer.byteLength(text) >= startPlace) throw new RangeError('the script is too long');
  file.write(text);
  file.set(parts.start, startPlace);
  file.set(parts.library, libraryPlace);
  return file;
}

const startPlace = 4096;
const libraryPlace = 8192;

/**
 * No function and no class, since those would be garbage that waits for a collection. Modules are some that every
 * interpreter has loaded when it starts.
 *
 * Whichever thread is the first to write its sign starts the counting. The library raises in any case, so that no module
 * comes out of it, and sets a variable when it counts.
 */
function textFor(
  { path, until, pendingCall, scriptPath, name, start, size, library }: ScriptParts,
  total: number,
): string {
  const quotedName = JSON.stringify(name);
  return `import _imp, posix, time
path = b${JSON.stringify(path)}
pending_call, script_path = ${pendingCall}, ${scriptPath}
file = posix.open(path, posix.O_RDWR | posix.O_APPEND | posix.O_CLOEXEC)
try:
    if time.time() > ${until}:
        posix.unlink(path)
    elif posix.write(file, b'+') and posix.lseek(file, 0, 1) == ${total + 1}:
        counters = library = None
        try:
            counters = posix.memfd_create(${quotedName}, posix.MFD_CLOEXEC)
            library = posix.memfd_create(${quotedName}, posix.MFD_CLOEXEC)
            posix.ftruncate(counters, ${size})
            posix.pwrite(counters, posix.pread(file, ${start.length}, ${startPlace}), 0)
            posix.write(library, posix.pread(file, ${library.length}, ${libraryPlace}))
            _imp.create_dynamic(
                type(_imp.__spec__)('heavyops_running', None, origin='${ownWayTo(name)}%d' % library))
        except BaseException as error:
            if 'taken_back' in globals():
                posix.write(file, b'=%d,%d\\n' % (counters, taken_back))
            else:
                posix.write(file, b'-%s\\n' % repr(error).encode('utf-8', 'replace').hex().encode())
                if counters is not None:
                    posix.close(counters)
        finally:
            if library is not None:
                posix.close(library)
finally:
    posix.close(file)
`;
}

/**
 * A path to the process's descriptors that no other run uses: the C library takes what has the same path for the same
 * library, and the number may be another's by then.
 */
function ownWayTo(name: string): string {
  const bits = [...createHash('sha256').update(name).digest().subarray(0, 3)].flatMap((byte) =>
    Array.from({ length: 8 }, (_, bit) => (byte >> bit) & 1),
  );
  return `/proc/self/fd${bits.map((bit) => (bit === 1 ? '/.' : '/')).join('')}/`;
}

/** What threads have written at the end of the file so far. */
export interface Answer {
  /** How many of them have run the script. */
  readonly entered: number;
  /** Once it counts. */
  readonly counting?: {
    /** The process's descriptor of the counters. */
    readonly descriptor: number;
    /** Of how many threads it has taken back what they were asked for. */
    readonly takenBack: number;
  };
  /** The repr of what was raised. */
  readonly error?: string;
}

export function answerIn(written: Buffer): Answer {
  const text = written.toString('latin1');
  const [, descriptor, takenBack] = /=(\d+),(\d+)\n/.exec(text) ?? [];
  const [, error] = /-([0-9a-f]*)\n/.exec(text) ?? [];
  return {
    entered: text.split('+').length - 1,
    ...(descriptor === undefined
      ? {}
      : { counting: { descriptor: Number(descriptor), takenBack: Number(takenBack) } }),
    ...(error === undefined ? {} : { error: Buffer.from(error, 'hex').toString('utf8') }),
  };
}
