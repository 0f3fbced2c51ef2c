/**
 * Whether a code object's frames belong to no function of the program. From 3.13 on a specialised call of a class puts
 * a frame under that of `__init__` which only checks what it returned (`_Py_InitCleanup` in Python/specialize.c); its
 * code object names no file.
 */
export function isTrampoline({
  name,
  filename,
}: {
  readonly name: string;
  readonly filename: string;
}): boolean {
  return filename === '__init__' && name === '__init__';
}

/** The one instruction that pushes such a frame. */
export const callOverTrampoline = 'CALL_ALLOC_AND_ENTER_INIT';
