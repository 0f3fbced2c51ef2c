import { keepStart, pad } from '../lib/display-width.js';
import { printable } from '../lib/printable.js';
import { counted, duration, grouped, percent, rateText } from '../lib/quantities.js';
import { wrapped } from '../lib/wrapped.js';
import { achievedRate, onProcessors } from '../profile/achieved-rate.js';
import { gilWaitTime } from '../profile/gil-waits.js';
import type { GilWaits, Profile, ProfileMeta, SampledProcess } from '../profile/profile.js';
import { waitsText } from '../profile/waits.js';
import { inked, type TerminalStyle } from './style.js';
import { noteLine } from './table.js';

/**
 * What was watched, for how long, by what, how well it went and how it ended: a few lines, each with its line end. Below
 * them stands why the kernel reader was not taken, where it would have been, and what was not watched.
 */
export function summaryText(profile: Profile, style: TerminalStyle): string {
  const lines = summaryLines(profile);
  const widest = Math.max(...lines.map(([label]) => label.length));
  const rows = lines.map(([label, text]) => {
    const value = keepStart(printable(text), Math.max(8, style.columns - widest - 2));
    return `${inked(pad(label, widest), 'bold', style.colour)}  ${value}\n`;
  });
  const { meta } = profile;
  const notes = [kernelNote(meta), unwatchedNote(meta), gilNote(meta), childrenNote(meta)];
  const noted = notes.flatMap((note) => (note === undefined ? [] : wrapped(printable(note), style.columns)));
  return [...rows, ...noted.map((line) => noteLine(line, style))].join('');
}

function kernelNote({ whyNotKernel }: ProfileMeta): string | undefined {
  if (whyNotKernel === undefined) return undefined;
  return `The kernel reader was not taken, as ${whyNotKernel.reason}: ${whyNotKernel.remedy}.`;
}

function unwatchedNote({ unwatched = 0 }: ProfileMeta): string | undefined {
  if (unwatched === 0) return undefined;
  return (
    `The kernel would not watch ${counted(unwatched, 'thread')}, which stood for what memory showed 40 times a second; ` +
    'most likely too many files are open: raise their number (ulimit -n), two or three a thread are needed.'
  );
}

function childrenNote({ children = [], processes }: ProfileMeta): string | undefined {
  const [first] = children;
  if (first === undefined) return undefined;
  const which = children.length === 1 ? 'A child process' : `${children.length} child processes`;
  const were = children.length === 1 ? 'was' : 'were';
  return processes === undefined
    ? `${which} with the same interpreter (pid ${pidsText(children)}) ${were} not sampled: add --subprocesses, or attach to one.`
    : `${which} (pid ${pidsText(children)}) could not be sampled beside it: heavyops attach ${first} says why, or samples it.`;
}

/** What waiting for the GIL counts as, where it is not told. */
function gilNote({ gilWaits = 'told' }: ProfileMeta): string | undefined {
  return gilWaits === 'told' ? undefined : `${UNTOLD[gilWaits]}.`;
}

const UNTOLD: Readonly<Record<Exclude<GilWaits, 'told'>, string>> = {
  unreadable:
    'Some threads that wait for the GIL count as idle, as it could not be read where they wait ' +
    '(/proc/PID/task/TID/syscall); most likely too many files are open: raise their number (ulimit -n), three a thread are needed',
  'old-kernel':
    'Threads that wait for the GIL count as idle, as the kernel reader does not see what threads wait for here, which takes Linux 5.15 and BTF: ' +
    'use --reader memory to have it told',
  musl: 'Threads that wait for the GIL count as idle, as with musl, its C library, it cannot be told where they wait',
};

function summaryLines(profile: Profile): (readonly [string, string])[] {
  const { meta } = profile;
  const { target, processes } = meta;
  return [
    ['Target', `CPython ${target.python}${target.freeThreaded ? ' (free-threaded)' : ''}, pid ${target.pid}`],
    ['Executable', target.executable],
    ['Command', target.command.join(' ')],
    ...(processes === undefined ? [] : [['Subprocesses', subprocessesText(processes)] as const]),
    ['Wall time', `${duration(meta.duration)}, ${ENDINGS[meta.ended]}`],
    ['Reader', READERS[meta.reader]],
    ...(meta.reader === 'kernel' ? byTheKernel(profile) : byUs(profile)),
    ...gilWaits(profile),
    ['Errors', errors(profile)],
  ];
}

function subprocessesText(processes: readonly SampledProcess[]): string {
  const pids = [...new Set(processes.map(({ pid }) => pid))];
  return `${grouped(pids.length)}: pid ${pidsText(pids)}`;
}

function pidsText(pids: readonly number[]): string {
  const more = pids.length > pidsShown ? ` and ${pids.length - pidsShown} more` : '';
  return `${pids.slice(0, pidsShown).join(', ')}${more}`;
}

const pidsShown = 8;

const ENDINGS: Readonly<Record<ProfileMeta['ended'], string>> = {
  duration: 'as long as asked for',
  interrupted: 'until interrupted',
  'target-ended': 'until the target ended',
  'target-exec': 'until the target ran another program',
};

const READERS: Readonly<Record<ProfileMeta['reader'], string>> = {
  kernel: 'kernel, from inside it',
  memory: 'memory, while the process ran',
  stopped: 'stopped, each time for a sample',
  counter: 'none: every instruction was counted',
};

/** Of samples that a clock of ours makes. */
function byUs(profile: Profile): (readonly [string, string])[] {
  const { meta, threads } = profile;
  const { counters } = meta;
  return [
    [
      'Samples',
      `${grouped(counters.samples)} from ${counted(threads.length, 'thread')}, ${grouped(counters.repaired)} repaired`,
    ],
    ['Rate', `${rateText(achievedRate(profile))} ticks a second of ${rateText(meta.rate)} asked for`],
    ['Late', `${counted(counters.late, 'late tick')}, ${grouped(counters.missed)} missed`],
  ];
}

/** Of samples that each thread's own clock makes, which only counts its time on processors; the others are waits. */
function byTheKernel(profile: Profile): (readonly [string, string])[] {
  const { meta, threads } = profile;
  const { count, time } = onProcessors(profile);
  // A tick comes at a random place of a thread's first period, so a few of them tell nothing of a rate.
  const each =
    count >= leastForRate
      ? `${rateText(achievedRate(profile))} a second on processors, of ${rateText(meta.rate)} asked for`
      : count > 0
        ? 'too few ticks to tell: the threads hardly ran'
        : 'no thread came to a tick of its clock';
  return [
    [
      'Samples',
      `${grouped(meta.counters.samples)} from ${counted(threads.length, 'thread')}, ${grouped(count)} in ${duration(time)} on processors`,
    ],
    ['Rate', each],
  ];
}

const leastForRate = 20;

/** Nothing where no thread had to wait for it. */
function gilWaits(profile: Profile): (readonly [string, string])[] {
  const { waited, whole } = gilWaitTime(profile);
  if (waited === 0) return [];
  const { leastWait = 0 } = profile.meta;
  const which = leastWait > 0 ? `, in ${waitsText(profile.meta)}` : '';
  return [['GIL', `waited for ${percent(waited / whole)} of thread time${which}`]];
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
