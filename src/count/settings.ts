import { layoutFor } from '../python/layout.js';
import type { CountedPython } from './interpreter.js';

/** The numbers of `Settings` in native/count/shared.h, in its order; -1 for what the version lacks. */
export function settingsFor({ minor, micro, freeThreaded }: CountedPython): readonly number[] {
  const { field } = layoutFor({ minor, micro, freeThreaded });
  const either = (struct: string, ...names: readonly string[]) =>
    Math.max(...names.map((name) => field(struct, name)));
  return [
    minor,
    Number(minor >= firstWithMonitoring),
    Number(freeThreaded),
    field('PyFrameObject', 'f_code'),
    field('PyFrameObject', 'f_lasti'),
    minor >= 10 ? 2 : 1, // Code units since 3.10, bytes before.
    field('PyFrameObject', 'f_frame'),
    field('_PyInterpreterFrame', 'f_code'),
    field('_PyInterpreterFrame', 'prev_instr'),
    field('PyCodeObject', 'co_code_adaptive'),
    field('PyFrameObject', 'f_trace_opcodes'),
    field('PyFrameObject', 'f_trace_lines'),
    field('PyLongObject', 'long_value.ob_digit'),
    either('PyThreadState', 'frame', 'current_frame'),
    field('PyThreadState', 'cframe'),
    field('_PyCFrame', 'current_frame'),
    field('_PyInterpreterFrame', 'previous'),
  ];
}

/** PEP 669. */
const firstWithMonitoring = 12;
