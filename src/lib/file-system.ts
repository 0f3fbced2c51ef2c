/**
 * What is used of `node:fs` wherever nobody may be kept waiting. An `import` of it asks for all that it exports, and
 * with `ReadStream` all of Node.js's streams are loaded (Node.js 20: lib/fs.js, `lazyLoadStreams`): measured 3 ms,
 * where Node.js itself starts in 61.
 */
export const {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  readlinkSync,
  statSync,
  writeSync,
} = process.getBuiltinModule('node:fs');

/** The name of a system error, such as ENOENT; '' for what is none. */
export function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
