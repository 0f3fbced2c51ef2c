/** `1234567` as `1,234,567`, with `digits` behind the point; the same in every locale. */
export function grouped(value: number, digits = 0): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Of ticks: whole, and with two digits where there are few. */
export function rateText(rate: number): string {
  return rate >= 10 ? grouped(rate) : String(Number(rate.toPrecision(2)));
}

/** A share between 0 and 1 as `12.3 %`. */
export function percent(share: number): string {
  return `${grouped(share * 100, 1)} %`;
}

/** Nanoseconds as a length of time that people read: `2.53 s`, `14.2 ms`, `2 min 05 s`, `3 h 07 min`. */
export function duration(nanoseconds: number): string {
  const seconds = nanoseconds / 1e9;
  if (seconds < 1) {
    return seconds < 1e-3 ? `${grouped(seconds * 1e6, 1)} µs` : `${grouped(seconds * 1e3, 1)} ms`;
  }
  if (seconds < 60) {
    return `${grouped(seconds, 2)} s`;
  }
  const whole = Math.round(seconds);
  if (whole < 3600) {
    return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`;
  }
  return `${grouped(Math.floor(whole / 3600))} h ${twoDigits(Math.floor(whole / 60) % 60)} min`;
}

/** `1 sample`, `2,000 samples`. */
export function counted(value: number, noun: string): string {
  return `${grouped(value)} ${noun}${value === 1 ? '' : 's'}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
