import { keepStart, pad } from '../lib/display-width.js';
import { printable } from '../lib/printable.js';
import { counted, duration, grouped, rateText } from '../lib/quantities.js';
import type { Profile, ProfileMeta } from '../profile/profile.js';
import { inked, type TerminalStyle } from './style.js';

/** What was watched, for how long, how well it went and how it ended: a few lines, each with its line end. */
export function summaryText(profile: Profile, style: TerminalStyle): string {
  const lines = summaryLines(profile);
  const widest = Math.max(...lines.map(([label]) => label.length));
  return lines
    .map(([label, text]) => {
      const value = keepStart(printable(text), Math.max(8, style.columns - widest - 2));
      return `${inked(pad(label, widest), 'bold', style.colour)}  ${value}\n`;
    })
    .join('');
}

function summaryLines(profile: Profile): (readonly [string, string])[] {
  const { meta, threads } = profile;
  const { target, counters } = meta;
  return [
    ['Target', `CPython ${target.python}${target.freeThreaded ? ' (free-threaded)' : ''}, pid ${target.pid}`],
    ['Executable', target.executable],
    ['Command', target.command.join(' ')],
    ['Wall time', `${duration(meta.duration)}, ${ENDINGS[meta.ended]}`],
    [
      'Samples',
      `${grouped(counters.samples)} from ${counted(threads.length, 'thread')}, ${grouped(counters.repaired)} repaired${READERS[meta.reader]}`,
    ],
    ['Rate', `${rateText(achievedRate(meta))} ticks a second of ${rateText(meta.rate)} asked for`],
    ['Late', `${counted(counters.late, 'late tick')}, ${grouped(counters.missed)} missed`],
    ['Errors', errors(profile)],
  ];
}

const ENDINGS: Readonly<Record<ProfileMeta['ended'], string>> = {
  duration: 'as long as asked for',
  interrupted: 'until interrupted',
  'target-ended': 'until the target ended',
  'target-exec': 'until the target ran another program',
};

/** How they were taken, where that is not the usual way. */
const READERS: Readonly<Record<ProfileMeta['reader'], string>> = {
  memory: '',
  stopped: ', each of the stopped process',
  kernel: ', by the kernel',
};

/** Ticks a second that were made. */
export function achievedRate({ counters, duration: nanoseconds }: ProfileMeta): number {
  return nanoseconds > 0 ? (counters.ticks * 1e9) / nanoseconds : 0;
}

function errors({ meta: { counters } }: Profile): string {
  const parts = [`${grouped(counters.unreadable)} unreadable`, `${grouped(counters.undecided)} undecided`];
  if (counters.truncated > 0) {
    parts.push(`${grouped(counters.truncated)} cut short`);
  }
  if (counters.lost > 0) {
    parts.push(`${grouped(counters.lost)} lost for want of memory`);
  }
  return parts.join(', ');
}
