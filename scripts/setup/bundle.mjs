import { chmodSync, existsSync, lstatSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root, StepFailed } from '../steps.mjs';

const sources = join(root, 'dist/src');
const main = join(sources, 'cli/main.js');
const output = join(root, 'dist/cli');
/** What users start; package.json names it. */
export const programme = join(output, 'main.js');

/** Commands that people wait for: all that they need before the first sample is in one file. */
const quick = ['cli/quick-commands.js', 'cli/commands/attach.js', 'cli/commands/dump.js'].map((file) =>
  join(sources, file),
);

/**
 * Puts the modules of the command line together into few files. Node.js takes half a millisecond of CPU to find, read
 * and link each, and a dump needs 58. Names and lines stay as `tsc` wrote them.
 *
 * @throws StepFailed when a module is not found, or imports go round in a circle
 */
export async function bundleProgramme() {
  if (!isOutdated()) return;
  process.stderr.write('heavyops: putting its modules together …\n');
  const { rollup } = await import('rollup');
  const bundle = await rollup({
    input: main,
    external: (name) => !/^[./]/.test(name),
    preserveEntrySignatures: false,
    treeshake: false,
    plugins: [{ name: 'own-urls', resolveImportMeta }],
    onwarn: ({ message }) => {
      throw new StepFailed(`the modules could not be put together: ${message}`);
    },
  });
  /** @type {ReadonlySet<string> | undefined} */
  let needed;
  rmSync(output, { recursive: true, force: true });
  await bundle.write({
    dir: output,
    chunkFileNames: '[name].js',
    // Of the entry itself nothing else may import: it waits for its command before it has been evaluated.
    manualChunks: (id, { getModuleInfo }) => {
      needed ??= importedBy(quick, (of) => getModuleInfo(of)?.importedIds ?? []);
      return needed.has(id) ? 'quick' : undefined;
    },
  });
  await bundle.close();
  linkProgramme();
}

/** A module goes on finding what lies beside it: tables, the addon. @param {string | null} property @param {{ moduleId: string }} module */
function resolveImportMeta(property, { moduleId }) {
  return property === 'url'
    ? `new URL(${JSON.stringify(relative(output, moduleId))}, import.meta.url).href`
    : null;
}

/** These and all that they import. @param {readonly string[]} ids @param {(id: string) => readonly string[]} importsOf @returns {ReadonlySet<string>} */
function importedBy(ids, importsOf) {
  const all = new Set(ids);
  for (const id of all) for (const imported of importsOf(id)) all.add(imported);
  return all;
}

function isOutdated() {
  if (!existsSync(programme)) return true;
  const made = statSync(programme).mtimeMs;
  const own = join(root, 'scripts/setup/bundle.mjs');
  return [
    own,
    ...readdirSync(sources, { recursive: true, encoding: 'utf8' }).map((path) => join(sources, path)),
  ]
    .filter((path) => /\.m?js$/.test(path))
    .some((path) => statSync(path).mtimeMs >= made);
}

/** `npx heavyops` looks here first; npm itself links only the programmes of dependencies. */
function linkProgramme() {
  chmodSync(programme, 0o755);
  const link = join(root, 'node_modules/.bin/heavyops');
  const target = relative(join(root, 'node_modules/.bin'), programme);
  if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) rmSync(link);
  symlinkSync(target, link);
}
