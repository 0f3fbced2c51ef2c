import { ProfileBuilder } from '../profile/builder.js';
import { noCounters, type Profile, type ProfileMeta, SampleFlag } from '../profile/profile.js';
import { type OpcodeTable, opcodeTable } from '../python/opcodes.js';
import type { SourceReader } from '../target/source-reader.js';
import { version as heavyops } from '../version.js';
import type { CountedPython } from './interpreter.js';
import { keepProgramText } from './program-text.js';
import type { CountedCode, CountedProcess } from './shared-file.js';

export interface CountedRun {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Nanoseconds. */
  readonly duration: number;
  readonly command: readonly string[];
  readonly ended: ProfileMeta['ended'];
  /** Where source text, names and constants are to be kept. */
  readonly sources?: SourceReader | undefined;
}

/**
 * The counts as a profile: a row of its samples is an instruction of one process, weight and count are its executions. A
 * stack is the instruction's own frame alone; a process stands where a sampled profile has a thread.
 */
export function profileOf(
  processes: readonly CountedProcess[],
  python: CountedPython,
  { startedAt, duration, command, ended, sources }: CountedRun,
): Profile {
  const version = { major: 3, minor: python.minor };
  const builder = new ProfileBuilder({ version });
  const table = opcodeTable(version);
  const counted = processes.filter(({ codes }, index) => index === 0 || codes.length > 0);
  for (const { pid, codes } of counted) {
    const thread = builder.addThread({ tid: pid, ident: '0', name: '', interpreter: 0 });
    for (const code of codes) addCode(builder, table, thread, code);
  }
  if (sources !== undefined)
    keepProgramText(
      builder,
      counted.flatMap(({ codes }) => codes),
      sources,
    );
  return builder.build({
    heavyops,
    target: {
      pid: counted[0]?.pid ?? 0,
      python: python.version,
      freeThreaded: python.freeThreaded,
      executable: python.executable,
      command,
    },
    startedAt,
    duration,
    rate: 0,
    reader: 'counter',
    counters: noCounters,
    ended,
  });
}

function addCode(
  builder: ProfileBuilder,
  table: OpcodeTable,
  thread: number,
  { code, counts }: CountedCode,
): void {
  const id = builder.addCode(code);
  for (const [unit, executions] of counts.entries()) {
    if (executions === 0) continue;
    const offset = unit * 2;
    const number = code.bytecode[offset] ?? 0;
    const opcode = builder.addOpcode(table.name(number), table.name(number));
    const stack = builder.addStack(-1, builder.addFrame(id, offset));
    for (let left = executions; left > 0; left -= mostInRow) {
      const here = Math.min(left, mostInRow);
      builder.addSample(thread, stack, opcode, flags, 0, here, here);
    }
  }
}

/** They ran. */
const flags = SampleFlag.Active | SampleFlag.Gil;
/** `SampleTable.count` has 32 bits. */
const mostInRow = 0xffff_ffff;
