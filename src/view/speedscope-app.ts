import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { HeavyopsError } from '../errors.js';
import type { Page } from './server.js';

/** speedscope's app as its npm package brings it: whole, so that nothing is loaded from elsewhere. */
export interface SpeedscopeApp {
  /** One of its files. */
  file(name: string): Page | undefined;
}

/** @throws HeavyopsError USAGE where the package is not installed */
export function speedscopeApp(): SpeedscopeApp {
  const folder = folderOfApp();
  const names = new Set(readdirSync(folder));
  return {
    file: (name) => {
      if (!names.has(name)) return undefined;
      const mediaType = mediaTypes[extname(name)] ?? 'application/octet-stream';
      return { mediaType, content: () => [readFileSync(join(folder, name))] };
    },
  };
}

function folderOfApp(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('speedscope/package.json')), 'dist/release');
  } catch (cause) {
    throw new HeavyopsError(
      'USAGE',
      'speedscope is not installed beside heavyops',
      'Install it: npm install speedscope. Without it, `heavyops view FILE` shows the html report.',
      cause,
    );
  }
}

const mediaTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};
