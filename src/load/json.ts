import { readFileSync } from 'node:fs';
import { HeavyopsError } from '../errors.js';
import type { Profile } from '../profile/profile.js';
import { Field } from './field.js';
import { profileOf } from './tables.js';

/**
 * Reads back what `export/json.ts` writes. Takes a path or the file's bytes. Everything is checked, so that
 * what comes out keeps every promise of `Profile`. Throws INPUT_UNREADABLE when the file cannot be read and
 * INPUT_INVALID, naming the field, when it is not such a profile.
 */
export function loadProfile(source: string | Uint8Array): Profile {
  const name = typeof source === 'string' ? source : 'the profile';
  return profileOf(new Field(parsed(typeof source === 'string' ? bytesOf(source) : source, name), name));
}

function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new HeavyopsError(
      'INPUT_UNREADABLE',
      `${path} cannot be read: ${reason(cause)}`,
      'Check the path and its permissions.',
      cause,
    );
  }
}

function parsed(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new HeavyopsError(
      'INPUT_INVALID',
      `${name} is not a heavyops profile: ${reason(cause)}`,
      'heavyops reads back only what it wrote as json (heavyops attach … -o FILE.json); the file may be cut short.',
      cause,
    );
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
