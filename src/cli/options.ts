import { HeavyopsError } from '../errors.js';
import type { SampleFilter } from '../profile/filter.js';
import type { View } from '../profile/view.js';
import type { ReaderChoice } from '../session/reader-choice.js';
import type { Processor } from '../session/sampler-config.js';
import {
  type Mode,
  parseCount,
  parseDuration,
  parseMode,
  parsePort,
  parseProcessor,
  parseRate,
  parseReader,
  parseThreshold,
} from './parse.js';

/** An option, as `commander-options.ts` and `quick-parse.ts` take it. */
export interface OptionDescription {
  /** As commander takes it: `-p, --pid <pid>`. */
  readonly flags: string;
  readonly description: string;
  /** The heading that it stands under in the help. */
  readonly group: string;
  /** What becomes of its value; options without a value have none. */
  readonly parse?: (text: string) => unknown;
  readonly default?: { readonly value: unknown; readonly text?: string };
  /** Its values are gathered in a list, which is empty at first. */
  readonly repeatable?: true;
}

/** What `frameOptions` become. */
export interface FrameValues {
  readonly function?: boolean;
  readonly nolineno?: boolean;
  readonly opcodes?: boolean;
  readonly threads?: boolean;
}

/** What `filterOptions` and `frameOptions` become. */
export interface ViewValues extends FrameValues, ModeValues {
  readonly instructions: readonly string[];
  readonly file?: string | readonly string[];
}

/** What `modeOptions` become. */
export interface ModeValues {
  readonly mode?: Mode;
  readonly idle?: boolean;
  readonly gil?: boolean;
}

export interface TableValues {
  readonly n: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export interface OutputValues {
  readonly output: readonly string[];
  readonly format?: string;
}

export interface SamplingValues {
  readonly rate: number;
  readonly duration?: number;
  readonly reader: ReaderChoice;
  readonly blocking?: boolean;
  readonly processor: Processor;
  readonly offCpu?: boolean;
  /** Milliseconds. */
  readonly waitThreshold?: number;
  readonly subprocesses?: boolean;
  readonly withoutSource?: boolean;
}

/** What is shown of a recording: what ran, where it waited, or both. */
export type Shown = 'ran' | 'waits' | 'both';

export interface SavedValues {
  readonly offCpu?: boolean;
}

/** What `disOptions` become. */
export interface DisValues extends PidValues, ModeValues {
  readonly rate: number;
  readonly duration?: number;
  readonly reader: ReaderChoice;
  readonly processor: Processor;
}

/** What `adviseOptions` become. */
export interface AdviseValues extends ModeValues {
  readonly json?: boolean;
}

/** What `viewOptions` become. */
export interface ViewCommandValues extends ViewValues, SavedValues {
  readonly speedscope?: boolean;
  /** 0 for any. */
  readonly port: number;
  readonly browser?: boolean;
}

export interface PidValues {
  readonly pid?: string;
}

const plain = (text: string) => text;

const pidOptions = inGroup('Process:', [
  { flags: '-p, --pid <pid>', description: 'its process id', parse: plain },
]);

/** The path that stands for standard output. */
export const standardOutput = '-';

/** How fast and how long to sample. */
function samplingOptions(end: string): readonly OptionDescription[] {
  return inGroup('Sampling:', [
    {
      flags: '-r, --rate <rate>',
      description: 'ticks a second: 100, 1khz, 20khz',
      parse: parseRate,
      default: { value: 1000, text: '1khz' },
    },
    {
      flags: '-d, --duration <time>',
      description: `how long: 10, 30s, 5m; otherwise ${end}`,
      parse: parseDuration,
    },
    {
      flags: '--reader <which>',
      description: '"kernel": from inside it, exact; "memory": while it runs; "stopped": while it is stopped',
      parse: parseReader,
      default: { value: 'auto', text: 'auto: kernel where it may be, else memory' },
    },
    { flags: '-b, --blocking', description: 'the same as --reader stopped: exact, but it runs slower' },
    {
      flags: '--processor <which>',
      description: 'of the memory reader: the process\'s own ("target", exact) or any ("other")',
      parse: parseProcessor,
      default: { value: 'auto', text: 'auto' },
    },
    { flags: '--off-cpu', description: 'where it waits, too: every wait of 1 ms and more (kernel reader)' },
    {
      flags: '--wait-threshold <time>',
      description: 'how long a wait of --off-cpu has to be: 100us, 10ms, 0; otherwise 1ms',
      parse: parseThreshold,
    },
    { flags: '-s, --subprocesses', description: 'its child processes that run Python, and theirs, too' },
    {
      flags: '--without-source',
      description: 'keep no source text, names, constants and types (.json, .html)',
    },
  ]);
}

/** Which time counts. */
const modeOptions: readonly OptionDescription[] = inGroup('What counts:', [
  {
    flags: '--mode <mode>',
    description: '"cpu" (default): those that run; "wall": all; "gil": those with the GIL',
    parse: parseMode,
  },
  { flags: '-i, --idle', description: 'the same as --mode wall' },
  { flags: '-g, --gil', description: 'the same as --mode gil' },
]);

/** Which samples count, in tables and in files. */
export const filterOptions: readonly OptionDescription[] = [
  ...modeOptions,
  ...inGroup('What counts:', [
    { flags: '--file <glob>', description: 'only code of files that match', parse: plain },
    {
      flags: '--instructions <name>',
      description: 'only this one, by base or specialised name; repeatable',
      parse: plain,
      repeatable: true,
    },
  ]),
];

/** Of commands that show what is saved. */
export const savedOptions: readonly OptionDescription[] = inGroup('What counts:', [
  { flags: '--off-cpu', description: 'the waits, instead of what ran' },
]);

/** What tells frames apart in files, and what stands at their ends. Tables have a row for each instruction. */
export const frameOptions: readonly OptionDescription[] = inGroup('Frames in files:', [
  { flags: '-F, --function', description: 'one frame a function, at its first line' },
  { flags: '--nolineno', description: 'leave line numbers out' },
  { flags: '--opcodes', description: 'add the leaf instruction as a frame to flame graphs' },
  { flags: '-t, --threads', description: 'a frame for the thread at the root' },
]);

export const outputOptions: readonly OptionDescription[] = inGroup('Output:', [
  {
    flags: '-o, --output <file>',
    description: 'write the profile to it ("-": standard output); repeatable',
    parse: outputPath,
    repeatable: true,
  },
  {
    flags: '-f, --format <format>',
    description: 'html, speedscope, flamegraph, collapsed or json; else by the extension',
    parse: plain,
  },
]);

/** What is printed. */
export const tableOptions: readonly OptionDescription[] = inGroup('Output:', [
  { flags: '-n <rows>', description: 'rows a table', parse: parseCount, default: { value: 20 } },
  { flags: '--json', description: 'print the summary and the tables as one JSON object' },
  { flags: '-q, --quiet', description: 'print neither progress nor tables' },
]);

export const dumpOptions: readonly OptionDescription[] = [
  ...pidOptions,
  ...inGroup('Output:', [
    { flags: '-l, --locals', description: 'show local variables, too' },
    { flags: '-j, --json', description: 'print one JSON object' },
  ]),
];

/** Of `dis`, which samples only where it is given a process. */
export const disOptions: readonly OptionDescription[] = [
  ...pidOptions,
  ...samplingOptions('5 seconds').filter(({ flags }) => /--(rate|duration|reader|processor)\b/.test(flags)),
  ...modeOptions,
];

/** Of `advise`. */
export const adviseOptions: readonly OptionDescription[] = [
  ...modeOptions,
  ...inGroup('Output:', [{ flags: '--json', description: 'print the findings as a JSON list' }]),
];

/** Of `view`. */
export const viewOptions: readonly OptionDescription[] = [
  ...filterOptions,
  ...savedOptions,
  ...frameOptions,
  ...inGroup('Pages:', [
    { flags: '--speedscope', description: 'in speedscope, instead of the html report' },
    {
      flags: '--port <port>',
      description: 'on this port of 127.0.0.1; otherwise on any that is free',
      parse: parsePort,
      default: { value: 0, text: 'any' },
    },
    { flags: '--no-browser', description: 'only print the address' },
  ]),
];

/** Of a command that samples, until `end`. */
export function recordingOptions(end: string): readonly OptionDescription[] {
  return [...samplingOptions(end), ...filterOptions, ...frameOptions, ...outputOptions, ...tableOptions];
}

export const attachOptions: readonly OptionDescription[] = [
  ...pidOptions,
  ...recordingOptions('until Ctrl-C or its end'),
];

/** Of `heavyops count`, which has names of its own for some. */
export const countOptions: readonly OptionDescription[] = [
  ...inGroup('Program:', [
    {
      flags: '-p, --pid <pid>',
      description: 'instead of a program, a process that runs already (CPython 3.14 and later)',
      parse: plain,
    },
    {
      flags: '-d, --duration <time>',
      description: 'with --pid, how long: 10, 30s, 5m; otherwise until Ctrl-C or its end',
      parse: parseDuration,
    },
    { flags: '-y, --yes', description: 'with --pid: run code in that process without asking' },
    {
      flags: '--python <interpreter>',
      description: 'what runs it: a path, or a name on PATH',
      parse: plain,
      default: { value: 'python3' },
    },
    { flags: '-m, --module <name>', description: 'run a module, as python -m does', parse: plain },
  ]),
  ...inGroup('What counts:', [
    {
      flags: '-i, --instructions <name>',
      description: 'track this one instead of the usual six; "all": every one; repeatable',
      parse: plain,
      repeatable: true,
    },
    {
      flags: '-f, --file <glob>',
      description: 'only code of files that match; repeatable',
      parse: plain,
      repeatable: true,
    },
  ]),
  ...inGroup('What counts:', [
    {
      flags: '--compare-samples <file>',
      description: 'a saved profile of the same program: how dear is each instruction?',
      parse: plain,
    },
  ]),
  ...frameOptions,
  ...outputOptions.map((option) => ({ ...option, flags: option.flags.replace('-f, ', '') })),
  ...inGroup('Output:', [
    { flags: '--without-source', description: 'keep no source text, names and constants (.json, .html)' },
    { flags: '-n <rows>', description: 'rows a table; otherwise 20, and all with --json', parse: parseCount },
    { flags: '--json', description: 'print tracked, total, instructions and locations as one JSON object' },
    { flags: '-q, --quiet', description: 'print no tables' },
  ]),
];

/** @throws HeavyopsError USAGE when --mode says something else than -i or -g */
export function modeFilter({ mode, idle, gil }: ModeValues): Pick<SampleFilter, 'idle' | 'gil'> {
  const other = idle === true && mode !== 'wall' ? '-i' : gil === true && mode !== 'gil' ? '-g' : undefined;
  if (mode !== undefined && other !== undefined) {
    throw new HeavyopsError(
      'USAGE',
      `--mode ${mode} and ${other} contradict each other`,
      'Leave one of them out: -i is --mode wall, -g is --mode gil, and --mode cpu is what it is without them.',
    );
  }
  return { idle: idle === true || mode === 'wall', gil: gil === true || mode === 'gil' };
}

export function viewOf(values: ViewValues): View {
  return {
    filter: {
      ...modeFilter(values),
      instructions: values.instructions,
      ...(values.file === undefined || values.file.length === 0 ? {} : { file: values.file }),
    },
    granularity: values.function === true ? 'function' : 'line',
    lineNumbers: values.nolineno !== true,
    opcodes: values.opcodes === true,
    threads: values.threads === true,
  };
}

function inGroup(
  group: string,
  options: readonly Omit<OptionDescription, 'group'>[],
): readonly OptionDescription[] {
  return options.map((option) => ({ group, ...option }));
}

/** Its other name has to mean the same, or tables would be printed into it. */
function outputPath(text: string): string {
  return text === '/dev/stdout' ? standardOutput : text;
}
