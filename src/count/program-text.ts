import type { ProfileBuilder } from '../profile/builder.js';
import { keepNames, keepSource, TextLimits } from '../session/program-text.js';
import type { SourceReader } from '../target/source-reader.js';
import { recordedNames } from './recorded-names.js';
import type { CountedCode } from './shared-file.js';

/**
 * Keeps what views of the source and of instructions show, as a recording does: text of source files, names and constants,
 * within the same bounds. What was executed most comes first.
 */
export function keepProgramText(
  builder: ProfileBuilder,
  counted: readonly CountedCode[],
  sources: SourceReader,
): void {
  const limits = new TextLimits();
  const executed = counted.map((one) => ({
    ...one,
    executions: one.counts.reduce((sum, count) => sum + count, 0),
  }));
  for (const { code, names } of executed.sort((a, b) => b.executions - a.executions)) {
    const id = builder.addCode(code);
    // It is there once for each process, and twice where its runs are counted (3.11).
    if (limits.codes.has(id)) continue;
    limits.codes.add(id);
    keepSource(builder, limits, sources, code.filename);
    keepNames(builder, limits, id, () => recordedNames(names));
  }
}
