#!/usr/bin/env node
import { commandLine } from './command-line.js';
import { withWholeName } from './command-name.js';
import { reportError } from './report-error.js';
import { writeError } from './standard-streams.js';

let args: readonly string[] = process.argv.slice(2);
try {
  const { program, names } = commandLine((exitCode) => {
    process.exitCode = exitCode;
  });
  args = withWholeName(args, names);
  if (args.length === 0) program.outputHelp();
  else await program.parseAsync(args, { from: 'user' });
} catch (error) {
  const [command = ''] = args;
  process.exitCode = reportError(error, writeError, command.startsWith('-') ? '' : command);
}
