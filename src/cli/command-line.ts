import { Command } from 'commander';
import { version } from '../version.js';
import type { CommandNames } from './command-name.js';
import { addOptions } from './commander-options.js';
import type { CountValues } from './commands/count.js';
import {
  type AdviseValues,
  adviseOptions,
  countOptions,
  type DisValues,
  disOptions,
  filterOptions,
  frameOptions,
  type OutputValues,
  outputOptions,
  recordingOptions,
  type SavedValues,
  savedOptions,
  type TableValues,
  tableOptions,
  type ViewCommandValues,
  type ViewValues,
  viewOptions,
} from './options.js';
import { attachCommand, dumpCommand, type QuickCommand } from './quick-commands.js';
import type { RecordingValues } from './recording.js';
import { terminalOf, writeOut } from './standard-streams.js';

export interface CommandLine {
  readonly program: Command;
  /** The names of each command, in the order of the help. */
  readonly names: readonly CommandNames[];
}

/**
 * The commands and their options. What a command does is loaded only when it is chosen.
 *
 * @param exit takes the exit code of the command that was called
 */
export function commandLine(exit: (code: number) => void): CommandLine {
  const program = new Command('heavyops')
    .usage('<command> [options]')
    .description('See which bytecode instructions of a running CPython are hot, in their specialised form.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help, of a command: heavyops attach --help')
    .helpCommand('help [command]', 'show help')
    .configureHelp({
      showGlobalOptions: false,
      subcommandTerm: (command) => command.name(),
      visibleCommands: ({ commands }) => [...commands],
    })
    .configureOutput({
      writeOut,
      writeErr: writeOut,
      outputError: () => {}, // `reportError` says it.
      getOutHelpWidth: helpWidth,
      getErrHelpWidth: helpWidth,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride()
    .enablePositionalOptions()
    .addHelpText('after', programExamples);
  addWatching(program, exit);
  addCounting(program, exit);
  addSaved(program, exit);
  const names = program.commands.map((command): CommandNames => [command.name(), ...command.aliases()]);
  return { program, names };
}

type Exit = (code: number) => void;

function addWatching(program: Command, exit: Exit): void {
  program.commandsGroup('Watch a process:');
  addQuick(program, exit, attachCommand, 'sample a running process', attachExamples);

  const run = add(program, 'run <program...>', 'start a program and sample it', runExamples);
  run.usage('[options] [--] <program> [arguments...]');
  addOptions(run, recordingOptions('until the program ends'))
    .passThroughOptions()
    .action(async (command: readonly string[], values: RecordingValues) => {
      exit(await (await import('./commands/run.js')).run(command, values));
    });

  addQuick(program, exit, dumpCommand, "print every thread's stack once", dumpExamples);
}

function addCounting(program: Command, exit: Exit): void {
  program.commandsGroup('Count instead of sampling:');
  const count = add(
    program,
    'count [program...]',
    'run a Python program and count its instructions',
    countExamples,
  );
  count.usage('[options] <script.py | -m module> [arguments...], or: --pid <pid>');
  addOptions(count, countOptions)
    .passThroughOptions()
    .action(async (words: readonly string[], values: CountValues) => {
      exit(await (await import('./commands/count.js')).countCommand(words, values));
    });
}

function addQuick(
  program: Command,
  exit: Exit,
  command: QuickCommand,
  summary: string,
  examples: string,
): void {
  const [name, ...aliases] = command.names;
  const added = add(program, `${name} [pid]`, summary, examples).aliases(aliases);
  addOptions(added, command.options).action(async (pid: string | undefined, values: object) => {
    exit(await command.call(pid, values));
  });
}

function addSaved(program: Command, exit: Exit): void {
  program.commandsGroup('Use a saved profile (-o FILE.json):');
  const report = add(program, 'report <file>', 'print the tables of a saved profile', reportExamples);
  addOptions(report, [...filterOptions, ...savedOptions, ...tableOptions]).action(
    async (file: string, values: ViewValues & SavedValues & TableValues) => {
      exit((await import('./commands/report.js')).report(file, values));
    },
  );

  const dis = add(
    program,
    'dis <words...>',
    'print the instructions of a function, with their shares',
    disExamples,
  );
  dis.usage('[options] <file> <function>, or: --pid <pid> <function>');
  addOptions(dis, disOptions).action(async (words: readonly string[], values: DisValues) => {
    exit(await (await import('./commands/dis.js')).dis(words, values));
  });

  const advise = add(program, 'advise <file>', 'say what can be changed in hot code', adviseExamples);
  addOptions(advise, adviseOptions).action(async (file: string, values: AdviseValues) => {
    exit((await import('./commands/advise.js')).advise(file, values));
  });

  const view = add(program, 'view <files...>', 'show saved profiles in the browser', viewExamples);
  addOptions(view, viewOptions).action(async (files: readonly string[], values: ViewCommandValues) => {
    exit(await (await import('./commands/view.js')).view(files, values));
  });

  const convert = add(program, 'convert <file>', 'write a saved profile in other formats', convertExamples);
  addOptions(convert, [...filterOptions, ...savedOptions, ...frameOptions, ...outputOptions]).action(
    async (file: string, values: ViewValues & SavedValues & OutputValues) => {
      exit(await (await import('./commands/convert.js')).convert(file, values));
    },
  );
}

function add(program: Command, usage: string, description: string, examples: string): Command {
  return program
    .command(usage)
    .description(`${description[0]?.toUpperCase()}${description.slice(1)}.`)
    .summary(description)
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', examples);
}

/** Long lines are hard to read, however wide the terminal. */
function helpWidth(): number {
  return Math.min(terminalOf(1).columns, 100);
}

const programExamples = `
Examples:
  heavyops attach 1234                      until Ctrl-C: the hot instructions
  heavyops attach 1234 -d 30s -o flame.svg  30 seconds, and a flame graph
  heavyops run -- python3 app.py            from the program's start to its end
  heavyops dump 1234                        what is it doing right now?
  heavyops count app.py                     how often does each instruction run, exactly?

The beginning of a command is enough where no other begins so: heavyops att 1234
Without a command, heavyops app.py is heavyops count app.py.
Exit codes: 0 done, 2 wrong usage, others as in docs/errors.md.`;

const attachExamples = `
Examples:
  heavyops attach 1234
  heavyops attach --pid 1234 --duration 5m --rate 10khz
  heavyops attach 1234 -d 10 -o a.speedscope.json -o flame.svg -o profile.json
  heavyops attach 1234 -d 10 --file '**/app/**' --instructions CALL
  heavyops attach 1234 -d 10 --json | jq .opcodes
  heavyops attach 1234 -d 10 --off-cpu -o flame.svg   and flame.off-cpu.svg: where it waits
  heavyops attach 1234 -d 10 -f collapsed -o - | flamegraph.pl > flame.svg

The process is not written to, and stopped only with --blocking. What was sampled
is delivered also when it ends, or on Ctrl-C or SIGTERM; a second one ends
heavyops at once.`;

const runExamples = `
Examples:
  heavyops run app.py                       with python3
  heavyops run -- python3.14 -X dev app.py --port 8000
  heavyops run -d 30s -o startup.svg -- python3 -m http.server

Standard input and output belong to the program: tables (and --json) go to
standard error, as soon as the sampling ends. With -d the program then goes on.
Ctrl-C reaches it as it would without heavyops; SIGTERM, SIGHUP, SIGUSR1 and
SIGUSR2 are passed on.
heavyops ends with its exit code, or 128 + n where signal n ended it.`;

const countExamples = `
Examples:
  heavyops count app.py --port 8000         what follows the program is the program's
  heavyops app.py                           the same: count is what is meant without a command
  heavyops count -m unittest discover
  heavyops count --python python3.14 -i LOAD_ATTR -i CALL -f '**/app/**' app.py
  heavyops count -i all -n 50 app.py
  heavyops count -i all -o counts.json app.py
  heavyops count --pid 1234 -d 5s           in a process that runs already; asks first

The usual instructions are MAKE_FUNCTION, BUILD_TUPLE, BUILD_LIST, BUILD_SET, BUILD_MAP
and LOAD_DEREF. The program runs several times slower. Its output stays its own; what
was counted is printed behind it, also when it fails or is killed. heavyops ends with its
exit code. docs/counting.md says what is counted.`;

const dumpExamples = `
Examples:
  heavyops dump 1234
  heavyops dump --pid 1234 --locals
  heavyops dump 1234 --json | jq '.threads[].frames[0]'`;

const reportExamples = `
Examples:
  heavyops report profile.json
  heavyops report profile.json --instructions BINARY_OP -n 50`;

const disExamples = `
Examples:
  heavyops dis profile.json checksum
  heavyops dis profile.json Particle.move   by its qualified name, or the end of it
  heavyops dis --pid 1234 -d 10s checksum   of a running process: samples it first`;

const adviseExamples = `
Examples:
  heavyops attach 1234 -d 30s -o profile.json
  heavyops advise profile.json

Each finding has 2 % of the time and 20 samples at least, and says what shows it.
What it costs is the time at the instructions named; what takes their place takes
time as well. docs/advice.md has all kinds.`;

const viewExamples = `
Examples:
  heavyops view profile.json                the html report
  heavyops view before.json after.json      a page that leads to both
  heavyops view profile.json --speedscope   in speedscope, offline

Served on 127.0.0.1 alone, under an address that cannot be guessed, until Ctrl-C.
On another machine: heavyops view profile.json --port 8123, and here
ssh -L 8123:127.0.0.1:8123 THAT_MACHINE; then open the address that it printed.`;

const convertExamples = `
Examples:
  heavyops convert profile.json -o flame.svg
  heavyops convert profile.json --off-cpu -o waits.svg
  heavyops convert profile.json -F -o profile.speedscope.json -o functions.collapsed`;
