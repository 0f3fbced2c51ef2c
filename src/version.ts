import { readFileSync } from './lib/file-system.js';

/** The version of heavyops, from its package.json. */
export const version: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
