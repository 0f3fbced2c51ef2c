import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StepFailed } from '../steps.mjs';

const run = promisify(execFile);

/**
 * The Debian archive that this system's own apt uses: its address, and apt's way to verify it.
 *
 * @returns {Promise<string>}
 * @throws StepFailed when this is no Debian, or apt is not there
 */
export async function archive() {
  const release = osRelease();
  if (release.ID !== 'debian') {
    throw new StepFailed(`the system is ${release.ID ?? 'unknown'}, not Debian, so its apt has no sid`);
  }
  const suites = new Set([release.VERSION_CODENAME, 'stable', 'testing', 'unstable', 'sid']);
  const format = '$(RELEASE) $(COMPONENT) $(REPO_URI)';
  const { stdout } = await run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  for (const line of stdout.split('\n')) {
    const [suite = '', component, address] = line.split(' ');
    if (suites.has(suite) && component === 'main' && address !== undefined) return address;
  }
  throw new StepFailed('apt has no sources of Debian itself (component main)');
}

/**
 * Options for apt-get that give it an index of its own below `directory`, so that the system's is not changed.
 *
 * @param {string} directory
 * @param {readonly string[]} sources lines of a sources.list
 */
export function separateIndex(directory, sources) {
  for (const name of ['lists/partial', 'archives/partial'])
    mkdirSync(join(directory, name), { recursive: true });
  const list = join(directory, 'sources.list');
  writeFileSync(list, `${sources.join('\n')}\n`);
  const options = {
    'Dir::Etc::SourceList': list,
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State::Lists': join(directory, 'lists'),
    'Dir::Cache': directory,
    'Dir::Cache::Archives': join(directory, 'archives'),
    'Acquire::Check-Valid-Until': 'false',
    'APT::Sandbox::User': '',
  };
  return Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/** @returns {Readonly<Record<string, string>>} */
function osRelease() {
  const lines = readFileSync('/etc/os-release', 'utf8').split('\n');
  return Object.fromEntries(lines.map((line) => line.replaceAll('"', '').split('=', 2)));
}
