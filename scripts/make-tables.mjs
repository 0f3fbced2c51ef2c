// Makes the tables of src/python/data from the interpreters themselves.
//
//   node scripts/make-tables.mjs opcodes --python COMMAND … [--output DIRECTORY]
//
// COMMAND starts one interpreter, as in `/usr/bin/python3.13` or `chroot ROOT python3.15`; repeat it for more.
// Its headers should be installed: where they are, they are read too and must agree.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { opcodes } from './tables/opcodes.mjs';

/** Kind of table → what makes it from one interpreter. */
const kinds = { opcodes };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string', multiple: true, default: [] },
    output: { type: 'string', default: fileURLToPath(new URL('../src/python/data', import.meta.url)) },
  },
});
const make = kinds[positionals[0] ?? ''];
if (make === undefined || positionals.length > 1 || values.python.length === 0) {
  console.error(
    `usage: make-tables.mjs ${Object.keys(kinds).join('|')} --python COMMAND … [--output DIRECTORY]`,
  );
  process.exit(2);
}
for (const command of values.python) {
  const { file, text } = make(command.trim().split(/\s+/));
  const path = join(values.output, file);
  writeFileSync(path, text);
  console.error(`${command} → ${path}`);
}
