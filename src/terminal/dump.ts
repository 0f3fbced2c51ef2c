import { printable } from '../lib/printable.js';
import type { Dump, DumpFrame, DumpThread } from '../profile/dump.js';
import type { TargetDescription } from '../profile/profile.js';
import { inked, type TerminalStyle } from './style.js';

/**
 * A dump as text, in the form that users of py-spy know: each thread with its frames, leaf first, each frame with
 * its live instruction, and its variables beneath it when they were read. Nothing is cut to the terminal's width.
 */
export function dumpText(dump: Dump, { colour }: Pick<TerminalStyle, 'colour'>): string {
  return [header(dump.target), ...dump.threads.map((thread) => threadText(thread, colour))].join('\n');
}

function header({ pid, command, python, freeThreaded, executable }: TargetDescription): string {
  const build = freeThreaded ? ', free-threaded' : '';
  return `Process ${pid}: ${printable(command.join(' '))}\nPython v${printable(python)} (${printable(executable)}${build})\n`;
}

function threadText(thread: DumpThread, colour: boolean): string {
  const lines = thread.frames.flatMap((frame) => frameLines(frame, colour));
  return `${[threadLine(thread, colour), ...lines, ...remarks(thread)].join('\n')}\n`;
}

/** A thread whose id is not known goes by its `threading.get_ident()`, as py-spy has it. */
function threadLine(thread: DumpThread, colour: boolean): string {
  const id = thread.tid > 0 ? String(thread.tid) : `0x${BigInt(thread.ident).toString(16)}`;
  const state = thread.gil ? `${thread.state}+gil` : thread.state;
  const interpreter = thread.interpreter > 0 ? `, interpreter ${thread.interpreter}` : '';
  const name = thread.name === '' ? '' : `: "${printable(thread.name)}"`;
  return `Thread ${inked(id, 'bold', colour)} (${state}${interpreter})${inked(name, 'bold', colour)}`;
}

function remarks({ readable, frames }: DumpThread): readonly string[] {
  if (frames.length > 0) return [];
  return [readable ? '    (runs no Python code)' : '    (its stack could not be read)'];
}

function frameLines(frame: DumpFrame, colour: boolean): readonly string[] {
  const place = frame.line > 0 ? `${frame.file}:${frame.line}` : frame.file;
  const instruction = frame.opcode === undefined ? '' : `${frame.opcode} `;
  const at = frame.offset < 0 ? '' : `  ${instruction}@ ${frame.offset}`;
  const name = inked(printable(frame.function), 'cyan', colour);
  const line = `    ${name} (${inked(printable(place), 'dim', colour)})${inked(at, 'yellow', colour)}`;
  return [
    line,
    ...(frame.locals ?? []).map((local) => `        ${printable(local.name)}: ${printable(local.value)}`),
  ];
}
