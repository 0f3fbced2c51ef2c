import type { PythonVersion } from './version.js';

/**
 * How many attempts in a row to specialise an instruction have failed at least, by the counter in its cache: its low
 * bits are an exponent that grows by one with each failure, up to a bound, and is set to 0 by a success
 * (`adaptive_counter_backoff` in 3.11's and 3.12's Include/internal/pycore_code.h, `restart_backoff_counter` in
 * pycore_backoff.h since). What it begins with is no failure.
 */
export function failedAttempts({ minor }: PythonVersion, counter: number): number {
  const { bits, start, most } = backoffOf(minor);
  const exponent = counter & ((1 << bits) - 1);
  return exponent > most ? 0 : Math.max(0, exponent - start);
}

function backoffOf(minor: number): { bits: number; start: number; most: number } {
  // ADAPTIVE_BACKOFF_START, ADAPTIVE_WARMUP_BACKOFF; MAX_BACKOFF_VALUE, MAX_BACKOFF
  if (minor === 11) return { bits: 4, start: 5, most: 12 };
  if (minor <= 14) return { bits: 4, start: 1, most: 12 };
  return { bits: 3, start: 1, most: 6 };
}
