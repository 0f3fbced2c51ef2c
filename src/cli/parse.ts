import { HeavyopsError } from '../errors.js';
import type { ReaderChoice } from '../session/reader-choice.js';
import type { Processor } from '../session/sampler-config.js';

/** Ticks a second: `100`, `1khz`, `20kHz`, `0.5`. @throws HeavyopsError USAGE */
export function parseRate(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(hz|khz|mhz)?$/i.exec(text.trim());
  const rate = Number(match?.[1]) * (multiples[match?.[2]?.toLowerCase() ?? 'hz'] ?? 1);
  if (match === null || rate < slowestRate || rate > fastestRate) {
    throw wrong('rate', text, 'Give ticks a second from 0.01 to 10mhz, such as 100, 1khz or 20khz.');
  }
  return rate;
}

/** What takes the samples: `auto`, `kernel`, `memory`, `stopped`. @throws HeavyopsError USAGE */
export function parseReader(text: string): ReaderChoice {
  return oneOf('reader', ['auto', 'kernel', 'memory', 'stopped'] as const, text);
}

/** Where to sample: `auto`, `target`, `other`. @throws HeavyopsError USAGE */
export function parseProcessor(text: string): Processor {
  return oneOf('processor', ['auto', 'target', 'other'] as const, text);
}

/** Which time of threads counts: all of it, that on a processor, or that with the GIL. */
export type Mode = 'wall' | 'cpu' | 'gil';

/** `wall`, `cpu`, `gil`. @throws HeavyopsError USAGE */
export function parseMode(text: string): Mode {
  return oneOf('mode', ['wall', 'cpu', 'gil'] as const, text);
}

const multiples: Readonly<Record<string, number>> = { hz: 1, khz: 1000, mhz: 1_000_000 };
const slowestRate = 0.01;
const fastestRate = 10_000_000;

/** Milliseconds: `10` and `10s` are seconds, `500ms`, `5m`, `1h`. @throws HeavyopsError USAGE */
export function parseDuration(text: string): number {
  const milliseconds = millisecondsOf(text);
  if (milliseconds === undefined || milliseconds === 0) {
    throw wrong('duration', text, 'Give seconds, or a number with a unit: 10, 500ms, 30s, 5m, 1h.');
  }
  return milliseconds;
}

/** Milliseconds, as in `parseDuration`, and `0`: every wait. @throws HeavyopsError USAGE */
export function parseThreshold(text: string): number {
  const milliseconds = millisecondsOf(text);
  if (milliseconds === undefined) {
    throw wrong(
      'length of a wait',
      text,
      'Give a number with a unit: 100us, 1ms, 0.5s; or 0 for every wait.',
    );
  }
  return milliseconds;
}

/** Nothing for what is no length of time, or too long a one. */
function millisecondsOf(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([uµμ]s|ms|s|m|h)?$/i.exec(text.trim());
  const milliseconds = Number(match?.[1]) * (units[match?.[2]?.toLowerCase() ?? 's'] ?? microsecond);
  return match === null || milliseconds > longestDuration ? undefined : milliseconds;
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** It is written in three ways: with the micro sign, the Greek letter, and a letter that looks like them. */
const microsecond = 0.001;
/** A timer of Node.js takes 31 bits of milliseconds; a week is within it. */
const longestDuration = 7 * 24 * 3_600_000;

/**
 * A process id.
 * @param command for the hint
 * @throws HeavyopsError USAGE
 */
export function parsePid(text: string, command = 'attach'): number {
  const pid = Number(text);
  if (!/^\d+$/.test(text) || pid < 1 || pid > 2 ** 22) {
    throw wrong(
      'process id',
      text,
      `Give the number that \`ps\` or \`pgrep -af python\` shows, such as: heavyops ${command} 1234`,
    );
  }
  return pid;
}

/** A port of TCP. @throws HeavyopsError USAGE */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535)
    throw wrong('port', text, 'Give a number from 1 to 65535, or 0 for any.');
  return port;
}

/** A whole number of at least 1. @throws HeavyopsError USAGE */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 1_000_000) {
    throw wrong('number of rows', text, 'Give a whole number from 1 on.');
  }
  return count;
}

function oneOf<Name extends string>(what: string, names: readonly Name[], text: string): Name {
  const found = names.find((name) => name === text.trim().toLowerCase());
  if (found === undefined) throw wrong(what, text, `Give one of ${names.join(', ')}.`);
  return found;
}

function wrong(what: string, text: string, hint: string): HeavyopsError {
  return new HeavyopsError('USAGE', `"${text}" is not a ${what}`, hint);
}
