#!/usr/bin/env node
import { callQuickly } from './quick-commands.js';

let args: readonly string[] = process.argv.slice(2);
try {
  process.exitCode = (await callQuickly(args)) ?? (await callCommand());
} catch (error) {
  const { reportError } = await import('./report-error.js');
  const { writeError } = await import('./standard-streams.js');
  const [command = ''] = args;
  process.exitCode = reportError(error, writeError, command.startsWith('-') ? '' : command);
}

/** Any command, however it is written; the help; what is wrong with it. */
async function callCommand(): Promise<number> {
  const { commandLine } = await import('./command-line.js');
  const { withWholeName } = await import('./command-name.js');
  const { withProgramApart } = await import('./module-to-run.js');
  let exitCode = 0;
  const { program, names } = commandLine((code) => {
    exitCode = code;
  });
  args = withProgramApart(withWholeName(args, names));
  if (args.length === 0) program.outputHelp();
  else await program.parseAsync(args, { from: 'user' });
  return exitCode;
}
