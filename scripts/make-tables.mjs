// Makes the tables of src/python/data from the interpreters themselves.
//
//   node scripts/make-tables.mjs opcodes --python COMMAND … [--output DIRECTORY]
//   node scripts/make-tables.mjs offsets --include DIRECTORY … [--define NAME …] [--output DIRECTORY]
//
// COMMAND starts one interpreter, as in `/usr/bin/python3.13` or `chroot ROOT python3.15`. Its headers should be
// installed: where they are, they are read too and must agree. DIRECTORY holds the Python.h of one version, as in
// `/usr/include/python3.13`; a C compiler reads it, nothing of that version is run. Repeat either for more.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fail } from './steps.mjs';
import { offsets } from './tables/offsets.mjs';
import { opcodes } from './tables/opcodes.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string', multiple: true, default: [] },
    include: { type: 'string', multiple: true, default: [] },
    define: { type: 'string', multiple: true, default: [] },
    output: { type: 'string', default: fileURLToPath(new URL('../src/python/data', import.meta.url)) },
  },
});

/** Kind of table → where it is made from, and how it is made from one of these. */
const kinds = {
  opcodes: { sources: values.python, make: (command) => opcodes(command.trim().split(/\s+/)) },
  offsets: { sources: values.include, make: (directory) => offsets(directory, values.define) },
};

const kind = kinds[positionals[0] ?? ''];
if (kind === undefined || positionals.length > 1 || kind.sources.length === 0) {
  console.error(
    'usage: make-tables.mjs opcodes --python COMMAND … [--output DIRECTORY]\n' +
      '       make-tables.mjs offsets --include DIRECTORY … [--define NAME …] [--output DIRECTORY]',
  );
  process.exit(2);
}
try {
  for (const source of kind.sources) {
    const { file, text } = kind.make(source);
    const path = join(values.output, file);
    writeFileSync(path, text);
    console.error(`${source} → ${path}`);
  }
} catch (error) {
  fail(error);
}
