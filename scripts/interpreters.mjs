/**
 * Lists the CPython interpreters which the tests can use, and brings those that the machine lacks.
 *
 *   node scripts/interpreters.mjs                   what is there, what is missing and why
 *   node scripts/interpreters.mjs --json            the same as JSON
 *   node scripts/interpreters.mjs --install         brings 3.13, 3.14 and 3.15, in a Debian sid root of their own
 *   node scripts/interpreters.mjs --free-threaded   builds the free-threaded 3.13 (some minutes)
 */
import { parseArgs } from 'node:util';
import { findInterpreters, versionOf } from './interpreters/find.mjs';
import { installFreeThreaded } from './interpreters/free-threaded.mjs';
import { installSidRoot } from './interpreters/sid-root.mjs';
import { fail } from './steps.mjs';

const { values } = parseArgs({
  options: { install: { type: 'boolean' }, 'free-threaded': { type: 'boolean' }, json: { type: 'boolean' } },
});

async function main() {
  if (values.install) await installSidRoot();
  if (values['free-threaded']) await installFreeThreaded();
  const found = await findInterpreters();
  console.log(values.json ? JSON.stringify(found) : table(found));
}

/** @param {Awaited<ReturnType<typeof findInterpreters>>} found */
function table({ interpreters, missing }) {
  const there = interpreters.map(
    (one) =>
      `${versionOf(one).padEnd(9)}${one.sharedLibrary ? 'libpython ' : 'static    '}${one.command.join(' ')}`,
  );
  return [...there, ...missing.map(({ version, reason }) => `${version.padEnd(9)}missing   ${reason}`)].join(
    '\n',
  );
}

await main().catch(fail);
