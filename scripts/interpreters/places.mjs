import { homedir } from 'node:os';
import { join } from 'node:path';

/** The minor versions of CPython 3 that heavyops supports. */
export const supportedMinors = [6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'heavyops');

/** A Debian sid root with the newest interpreters: they need a newer glibc than most machines have. */
export const sidRoot = join(cache, 'sid-root');

/** Where the free-threaded interpreter is installed. */
export const freeThreadedPrefix = join(cache, 'python3.13t');

/** Where the profilers are installed that `bench.mjs` compares with. */
export const rivalsPrefix = join(cache, 'rivals');

/** Scratch space for things that are being made; renamed into their place when they are whole. */
export const partial = join(cache, 'partial');
