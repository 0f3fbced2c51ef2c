import { Command } from 'commander';
import { version } from '../version.js';
import {
  addOutputOptions,
  addSamplingOptions,
  addTableOptions,
  addViewOptions,
  type OutputValues,
  type TableValues,
  type ViewValues,
} from './options.js';
import type { RecordingValues } from './recording.js';

/** The commands and their options. What a command does is loaded only when it is chosen. */
export function commandLine(exit: (code: number) => void): Command {
  const program = new Command('heavyops')
    .description('See which bytecode instructions of a running CPython are hot, in their specialised form.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('Run heavyops --help to see all commands and options.');
  const add = (usage: string, description: string) =>
    program.command(usage).description(description).helpOption('-h, --help', 'show this help');

  recording(add('attach [pid]', 'sample a running process'))
    .alias('record')
    .option('-p, --pid <pid>', 'process id')
    .action(async (pid: string | undefined, values: RecordingValues & { pid?: string }) => {
      exit(await (await import('./commands/attach.js')).attach(pid, values));
    });

  addTableOptions(addViewOptions(add('report <file>', 'print the tables of a saved profile'))).action(
    async (file: string, values: ViewValues & TableValues) => {
      exit((await import('./commands/report.js')).report(file, values));
    },
  );

  addOutputOptions(addViewOptions(add('convert <file>', 'write a saved profile in another format'))).action(
    async (file: string, values: ViewValues & OutputValues) => {
      exit((await import('./commands/convert.js')).convert(file, values));
    },
  );
  return program;
}

function recording(command: Command): Command {
  return addTableOptions(addOutputOptions(addViewOptions(addSamplingOptions(command))));
}
