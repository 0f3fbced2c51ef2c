import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { isExecutable } from '../lib/is-executable.js';

/**
 * The program that opens an address in the user's browser; nothing where there is no display, no such program, or
 * where it would be root's browser.
 */
export function browserOpener(
  env: Readonly<Record<string, string | undefined>>,
  user = process.geteuid?.(),
): string | undefined {
  const hasDisplay = [env.DISPLAY, env.WAYLAND_DISPLAY].some((display) => (display ?? '') !== '');
  if (!hasDisplay || user === 0) return undefined;
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, 'xdg-open')).find(isExecutable);
}

/** It goes on when we end. What becomes of it is not waited for: the address is printed in any case. */
export function openInBrowser(opener: string, address: string): void {
  const child = spawn(opener, [address], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
