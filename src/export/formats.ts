import { HeavyopsError } from '../errors.js';
import { nearest } from '../lib/nearest.js';
import { collapsed } from './collapsed.js';
import { flamegraph } from './flamegraph.js';
import type { Format } from './format.js';
import { html } from './html.js';
import { json } from './json.js';
import { speedscope } from './speedscope.js';

/** Every format that can be written. A new one is a file of its own and a row here. */
export const formats: readonly Format[] = [html, speedscope, flamegraph, collapsed, json];

/** The format that `-f` names, else the one that the file's extension stands for. Throws USAGE. */
export function chooseFormat(path: string, name?: string): Format {
  return name === undefined ? formatOfPath(path) : formatByName(name);
}

/** By name or alias, in any case. Throws USAGE with the nearest name and the list of all. */
export function formatByName(name: string): Format {
  const wanted = name.toLowerCase();
  const found = formats.find((format) => format.name === wanted || format.aliases.includes(wanted));
  if (found === undefined) {
    const meant = nearest(
      wanted,
      formats.flatMap((format) => [format.name, ...format.aliases]),
    );
    const hint = meant === undefined ? '' : `Did you mean "${meant}"? `;
    throw new HeavyopsError('USAGE', `there is no format called "${name}"`, `${hint}${listOfFormats()}`);
  }
  return found;
}

/** By the longest extension that fits: `a.speedscope.json` is not `json`. Throws USAGE. */
export function formatOfPath(path: string): Format {
  const file = path.toLowerCase();
  const fitting = formats
    .flatMap((format) => format.extensions.map((extension) => ({ format, extension })))
    .filter(({ extension }) => file.endsWith(extension))
    .sort((a, b) => b.extension.length - a.extension.length);
  const best = fitting[0];
  if (best === undefined) {
    throw new HeavyopsError(
      'USAGE',
      `the name of "${path}" does not tell in which format to write it`,
      `Choose one with -f, or an extension that stands for one. ${listOfFormats()}`,
    );
  }
  return best.format;
}

function listOfFormats(): string {
  const names = formats.map(({ name, extensions }) => `${name} (${extensions.join(' ')})`);
  return `Formats: ${names.join(', ')}.`;
}
