import { type Command, InvalidArgumentError, Option } from 'commander';
import { HeavyopsError } from '../errors.js';
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

/** How fast and how long to sample. */
export function addSamplingOptions(command: Command): Command {
  return command
    .addOption(
      new Option('-r, --rate <rate>', 'ticks a second, such as 100, 1khz, 20khz')
        .default(1000, '1khz')
        .argParser(checked(parseRate)),
    )
    .addOption(
      new Option(
        '-d, --duration <time>',
        'how long: 10, 30s, 5m; otherwise until Ctrl-C or the target ends',
      ).argParser(checked(parseDuration)),
    );
}

/** Which samples count, and what tells frames apart. */
export function addViewOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--instructions <name>',
        'only this instruction, by its base or specialised name; repeatable',
      )
        .argParser(collect)
        .default([], 'all'),
    )
    .option('--file <glob>', 'only code of files that match')
    .option('-F, --function', 'one frame a function, at its first line')
    .option('--nolineno', 'leave line numbers out')
    .option('--opcodes', 'add the leaf instruction as a frame to flame graphs')
    .option('-t, --threads', 'a frame for the thread at the root')
    .option('-i, --idle', 'count threads that sleep, too')
    .option('-g, --gil', 'only threads that hold the GIL');
}

/** What is printed. */
export function addTableOptions(command: Command): Command {
  return command
    .addOption(new Option('-n <rows>', 'rows a table').default(20).argParser(checked(parseCount)))
    .option('--json', 'print the summary and both tables as one JSON object')
    .option('-q, --quiet', 'print neither progress nor tables');
}

export function addOutputOptions(command: Command): Command {
  return command
    .addOption(
      new Option('-o, --output <file>', 'write the profile to a file ("-": standard output); repeatable')
        .argParser(collect)
        .default([], 'none'),
    )
    .option(
      '-f, --format <format>',
      'speedscope, flamegraph, collapsed (raw) or json; otherwise by the extension',
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

/** The message of a parser of ours, in commander's own form. */
function checked<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof HeavyopsError) throw new InvalidArgumentError(`${error.message}.\n${error.hint}`);
      throw error;
    }
  };
}

function collect(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}
