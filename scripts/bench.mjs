/**
 * Measures heavyops side by side with its rivals, and writes figures and a picture to bench-output/.
 *
 *   npm run bench                                 every section, 3 rounds
 *   npm run bench -- rate cost                    these sections
 *   npm run bench -- --quick                      one round of short measurements
 *   npm run bench -- --write                      also puts the figures into docs/performance.md
 *   npm run bench -- --write --from a.json b.json puts those of earlier runs there, measuring nothing
 *
 * docs/performance.md says what each section measures, and how.
 */
import './check-node.mjs';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine } from './bench/machine.mjs';
import { markdown, withFigures } from './bench/markdown.mjs';
import { picture } from './bench/picture.mjs';
import { endAll } from './bench/process.mjs';
import { merged, withReaders } from './bench/results.mjs';
import { cost } from './bench/sections/cost.mjs';
import { count } from './bench/sections/count.mjs';
import { curve } from './bench/sections/curve.mjs';
import { leaves } from './bench/sections/leaves.mjs';
import { memory } from './bench/sections/memory.mjs';
import { rate } from './bench/sections/rate.mjs';
import { start } from './bench/sections/start.mjs';
import { target } from './bench/sections/target.mjs';
import { truth } from './bench/sections/truth.mjs';
import { removeFolders } from './bench/targets.mjs';
import { findTools } from './bench/tools.mjs';
import { findInterpreters } from './interpreters/find.mjs';
import { fail, root, StepFailed } from './steps.mjs';

const sections = { rate, cost, target, start, memory, truth, leaves, curve, count };

const { values, positionals } = parsed();

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        version: { type: 'string', multiple: true, default: [] },
        write: { type: 'boolean', default: false },
        from: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    const reason = /** @type {Error} */ (error).message.split('. ')[0];
    console.error(
      `${reason}.\nThere are ${Object.keys(sections).join(', ')}; --quick, --rounds N, --version 3.14, --write, --from FILE ….`,
    );
    process.exit(2);
  }
}

async function main() {
  const results = values.from ? merged(positionals.map(read)) : await measured();
  if (!values.from) keep(results);
  console.log(markdown(results));
  if (values.write) write(results);
}

/** @returns {Promise<import('./bench/results.mjs').Results>} */
async function measured() {
  const chosen = chosenSections();
  const found = await findInterpreters();
  const interpreters = found.interpreters.filter(
    ({ version }) => values.version.length === 0 || values.version.some((one) => version.startsWith(one)),
  );
  const { tools, seen, readers } = await findTools(found.interpreters);
  for (const { name, version, missing } of seen)
    process.stderr.write(`${name} ${version ?? `is missing: ${missing}`}\n`);
  const bench = {
    quick: values.quick,
    rounds: Number(values.rounds ?? (values.quick ? 1 : 3)),
    tools,
    interpreters,
  };
  const before = machine();
  const tables = [];
  for (const name of chosen) {
    process.stderr.write(`\n${name}\n`);
    tables.push(...(await sections[name](bench)));
  }
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: before,
    quick: values.quick,
    tools: seen.map((tool) => (tool.name === 'heavyops' ? withReaders(tool, [...readers]) : tool)),
    tables,
  };
}

/** @returns {readonly (keyof typeof sections)[]} */
function chosenSections() {
  const names = /** @type {(keyof typeof sections)[]} */ (Object.keys(sections));
  const unknown = positionals.find((name) => !names.includes(/** @type {keyof typeof sections} */ (name)));
  if (unknown !== undefined)
    throw new StepFailed(`"${unknown}" is no section; there are ${names.join(', ')}`);
  return positionals.length === 0 ? names : names.filter((name) => positionals.includes(name));
}

/** @param {import('./bench/results.mjs').Results} results */
function keep(results) {
  const name = [...new Set(results.tables.map(({ section }) => section))].join('-');
  const folder = join(root, 'bench-output');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(folder, `${name}.svg`), picture(results));
  process.stderr.write(`\nwrote bench-output/${name}.json and ${name}.svg\n\n`);
}

/** @param {import('./bench/results.mjs').Results} results */
function write(results) {
  const document = join(root, 'docs/performance.md');
  writeFileSync(document, withFigures(readFileSync(document, 'utf8'), results));
  writeFileSync(join(root, 'docs/images/performance.svg'), picture(results));
}

/** @param {string} file @returns {import('./bench/results.mjs').Results} */
function read(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

async function cleanUp() {
  await endAll();
  removeFolders();
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, () => void cleanUp().finally(() => process.exit(130)));
}
await main().catch(fail).finally(cleanUp);
