import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { StepFailed, step } from '../steps.mjs';
import { archive, separateIndex } from './apt.mjs';
import { makeWhole } from './partial.mjs';
import { freeThreadedPrefix } from './places.mjs';

/** The Debian suites that may carry the source of python3.13, newest first. */
const suites = ['sid', 'forky', 'trixie'];

/**
 * Builds the free-threaded CPython 3.13 from Debian's source package, if it is not there yet. It takes some
 * minutes, at the lowest priority, and no privileges.
 */
export async function installFreeThreaded() {
  if (existsSync(join(freeThreadedPrefix, 'bin', 'python3.13t'))) return;
  await makeWhole(freeThreadedPrefix, 'python3.13t', async (work) => {
    mkdirSync(work);
    const source = await unpackSource(work, await fetchSource(work));
    await build(source, join(work, 'stage'));
    return join(work, 'stage', freeThreadedPrefix);
  });
}

/** @param {string} work @returns {Promise<string>} the archive of upstream's source */
async function fetchSource(work) {
  const address = await archive();
  for (const suite of suites) {
    const options = separateIndex(join(work, suite), [`deb-src ${address} ${suite} main`]);
    try {
      await step(`reading the source index of ${suite}`, ['apt-get', ...options, 'update'], { cwd: work });
      const get = ['source', '--download-only', 'python3.13'];
      await step(`fetching the source of Python 3.13 from ${suite}`, ['apt-get', ...options, ...get], {
        cwd: work,
      });
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error;
      continue;
    }
    const file = readdirSync(work).find((name) => /^python3\.13_.*\.orig\.tar\.\w+$/.test(name));
    if (file !== undefined) return join(work, file);
  }
  throw new StepFailed(`the Debian archive has no source of Python 3.13 in ${suites.join(', ')}`);
}

/** @param {string} work @param {string} file */
async function unpackSource(work, file) {
  const source = join(work, 'source');
  mkdirSync(source);
  await step('unpacking the source of Python 3.13', [
    'tar',
    '-xf',
    file,
    '-C',
    source,
    '--strip-components=1',
  ]);
  return source;
}

/**
 * Shared library and debug info as the other interpreters have them; installed below `stage` first.
 *
 * @param {string} source @param {string} stage
 */
async function build(source, stage) {
  const env = { ...process.env, CFLAGS: '-g', LDFLAGS: `-Wl,-rpath,${freeThreadedPrefix}/lib` };
  const configure = [
    './configure',
    '--disable-gil',
    '--enable-shared',
    '--without-ensurepip',
    '--disable-test-modules',
  ];
  const idly = ['nice', '-n', '19'];
  const inSource = { cwd: source, env };
  await step('configuring Python 3.13t', [...idly, ...configure, `--prefix=${freeThreadedPrefix}`], inSource);
  await step(
    'building Python 3.13t (some minutes)',
    [...idly, 'make', `-j${availableParallelism()}`],
    inSource,
  );
  await step('installing Python 3.13t', [...idly, 'make', 'install', `DESTDIR=${stage}`], inSource);
}
