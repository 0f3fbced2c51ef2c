/** A CPython version; `{ major: 3, minor: 14 }`. Opcodes and line tables are the same in all its patch releases. */
export interface PythonVersion {
  readonly major: number;
  readonly minor: number;
}
