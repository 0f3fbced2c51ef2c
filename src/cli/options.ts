import { type Command, Option } from 'commander';
import type { SampleFilter } from '../profile/filter.js';
import type { View } from '../profile/view.js';
import { parseCount, parseDuration, parseRate } from './parse.js';

/** What the options of `addViewOptions` and `addTableOptions` become. */
export interface ViewValues {
  readonly instructions: readonly string[];
  readonly file?: string;
  readonly function?: boolean;
  readonly nolineno?: boolean;
  readonly opcodes?: boolean;
  readonly threads?: boolean;
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
}

export interface PidValues {
  readonly pid?: string;
}

export function addPidOption(command: Command): Command {
  return command.optionsGroup('Process:').addOption(one('-p, --pid <pid>', 'its process id', plain));
}

/** The path that stands for standard output. */
export const standardOutput = '-';

/** How fast and how long to sample. */
export function addSamplingOptions(command: Command, end: string): Command {
  return command
    .optionsGroup('Sampling:')
    .addOption(one('-r, --rate <rate>', 'ticks a second: 100, 1khz, 20khz', parseRate).default(1000, '1khz'))
    .addOption(one('-d, --duration <time>', `how long: 10, 30s, 5m; otherwise ${end}`, parseDuration));
}

/** Which samples count, and what tells frames apart. */
export function addViewOptions(command: Command): Command {
  const counting = command
    .optionsGroup('What counts:')
    .option('-i, --idle', 'threads that sleep, too')
    .option('-g, --gil', 'only threads that hold the GIL')
    .addOption(one('--file <glob>', 'only code of files that match', plain));
  return addMany(
    counting,
    '--instructions <name>',
    'only this one, by base or specialised name; repeatable',
    plain,
  )
    .optionsGroup('Frames:')
    .option('-F, --function', 'one frame a function, at its first line')
    .option('--nolineno', 'leave line numbers out')
    .option('--opcodes', 'add the leaf instruction as a frame to flame graphs')
    .option('-t, --threads', 'a frame for the thread at the root');
}

/** What is printed. */
export function addTableOptions(command: Command): Command {
  return command
    .optionsGroup('Output:')
    .addOption(one('-n <rows>', 'rows a table', parseCount).default(20))
    .option('--json', 'print the summary and both tables as one JSON object')
    .option('-q, --quiet', 'print neither progress nor tables');
}

export function addOutputOptions(command: Command): Command {
  const group = command.optionsGroup('Output:');
  return addMany(
    group,
    '-o, --output <file>',
    'write the profile to it ("-": standard output); repeatable',
    outputPath,
  ).addOption(
    one('-f, --format <format>', 'speedscope, flamegraph, collapsed or json; else by the extension', plain),
  );
}

export function viewOf(values: ViewValues): View {
  const filter: SampleFilter = {
    idle: values.idle === true,
    gil: values.gil === true,
    instructions: values.instructions,
    ...(values.file === undefined ? {} : { file: values.file }),
  };
  return {
    filter,
    granularity: values.function === true ? 'function' : 'line',
    lineNumbers: values.nolineno !== true,
    opcodes: values.opcodes === true,
    threads: values.threads === true,
  };
}

function one<T>(flags: string, description: string, parse: (text: string) => T): Option {
  return new Option(flags, description).argParser((text) => parse(withoutEquals(text)));
}

/** A list that is empty at first; that goes without saying in the help. */
function addMany(
  command: Command,
  flags: string,
  description: string,
  parse: (text: string) => string,
): Command {
  const option = new Option(flags, description).argParser((text, before: readonly string[]) => [
    ...before,
    parse(withoutEquals(text)),
  ]);
  return command.addOption(option).setOptionValueWithSource(option.attributeName(), [], 'default');
}

const plain = (text: string) => text;

/** Its other name has to mean the same, or tables would be printed into it. */
function outputPath(text: string): string {
  return text === '/dev/stdout' ? standardOutput : text;
}

/** `-d=5` is meant as `--duration=5`; commander takes the sign for a part of the value. */
function withoutEquals(text: string): string {
  return text.replace(/^=/, '');
}
