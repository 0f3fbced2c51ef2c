/**
 * Every way heavyops can fail that a user can do something about. The number is the exit code of the
 * command line; `docs/errors.md` describes each, and a test keeps the two in step. The codes for a program that
 * cannot be started are those of POSIX shells (POSIX.1-2017, XCU 2.8.2), env and nohup.
 */
export const exitCodes = {
  INTERNAL: 1,
  USAGE: 2,
  NO_SUCH_PROCESS: 10,
  NOT_PYTHON: 11,
  UNSUPPORTED_PYTHON: 12,
  PERMISSION_DENIED: 13,
  NOT_READY: 14,
  ZOMBIE: 15,
  KERNEL_THREAD: 16,
  TARGET_UNREADABLE: 17,
  OUTPUT_UNWRITABLE: 18,
  NO_SAMPLES: 19,
  INPUT_UNREADABLE: 20,
  INPUT_INVALID: 21,
  NOT_STOPPABLE: 22,
  NATIVE_UNAVAILABLE: 23,
  KERNEL_READER_UNAVAILABLE: 24,
  NOT_COUNTABLE: 25,
  COMMAND_NOT_EXECUTABLE: 126,
  COMMAND_NOT_FOUND: 127,
} as const;

export type ErrorCode = keyof typeof exitCodes;

/** An error with what happened (`message`), a stable `code`, and what to do next (`hint`). */
export class HeavyopsError extends Error {
  override readonly name = 'HeavyopsError';
  readonly code: ErrorCode;
  /** The most likely reason and the command or setting that helps; one or two sentences. */
  readonly hint: string;

  constructor(code: ErrorCode, message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
  }

  get exitCode(): number {
    return exitCodes[this.code];
  }
}
