#!/usr/bin/env node
import { HeavyopsError } from '../errors.js';
import { commandLine } from './command-line.js';
import { reportError } from './report-error.js';

// A reader that has seen enough (`| head`) ends the program quietly, as it does other commands.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

try {
  await commandLine((exitCode) => {
    process.exitCode = exitCode;
  }).parseAsync();
} catch (error) {
  process.exitCode = reportError(error, process.stderr);
  if (!(error instanceof HeavyopsError)) throw error;
}
