import { adviceFor } from '../../advice/advice.js';
import { printable } from '../../lib/printable.js';
import { counted, duration, rateText } from '../../lib/quantities.js';
import { isCounted } from '../../profile/counts.js';
import { rowFilter } from '../../profile/filter.js';
import { specialises } from '../../profile/listing.js';
import type { Profile } from '../../profile/profile.js';
import { isOfWaits, threadText, type View } from '../../profile/view.js';
import { doubles, integers } from './columns.js';
import { listedCodes } from './listed-codes.js';
import type { Counts, ReportData } from './page/data.js';

/** What the page shows of a profile. The view's filters of samples decide what is in it, the rest how it begins. */
export function reportData(profile: Profile, view: View): ReportData {
  const { meta, codes, frames, stacks } = profile;
  const rows = keptRows(profile, view);
  const column = (values: ArrayLike<number>) => integers(Array.from(rows, (row) => values[row] as number));
  const { samples } = profile;
  const listed = listedCodes(profile, rows);
  return {
    title: printable(meta.target.command.join(' ') || meta.target.executable),
    facts: factsOf(profile).map(printable),
    notes: notesOf(profile, view, listed.omitted).map(printable),
    amounts: isCounted(meta) ? 'executions' : 'time',
    duration: meta.duration,
    knowsWaits: meta.leastWait !== undefined && meta.reader === 'kernel',
    knowsGilWaits: knowsGilWaits(meta),
    specialises: specialises(profile) && !isCounted(meta),
    initial: {
      counts: countsOf(view),
      byLine: view.granularity === 'line' && view.lineNumbers,
      instructions: view.opcodes,
      threads: view.threads,
    },
    strings: profile.strings.map(printable),
    opcodes: listed.opcodes,
    threads: profile.threads.map((thread) => printable(threadText(profile, thread))),
    codes: {
      length: codes.length,
      name: integers(codes.qualname),
      file: integers(codes.filename),
      firstLine: integers(codes.firstLine),
      firstInstruction: integers(listed.firstInstruction),
    },
    instructions: listed.instructions,
    texts: listed.texts,
    frames: {
      length: frames.length,
      code: integers(frames.code),
      offset: integers(frames.offset),
      line: integers(frames.line),
    },
    stacks: { length: stacks.length, parent: integers(stacks.parent), frame: integers(stacks.frame) },
    samples: {
      length: rows.length,
      thread: column(samples.thread),
      stack: column(samples.stack),
      opcode: column(samples.opcode),
      flags: column(samples.flags),
      count: column(samples.count),
      time: doubles(Array.from(rows, (row) => samples.time[row] as number)),
      weight: doubles(Array.from(rows, (row) => samples.weight[row] as number)),
    },
    advice: adviceOf(profile, view),
    sources: sourcesOf(profile),
  };
}

/** Whoever slept is among them, so that the page can show it; the page itself chooses what counts. */
function keptRows(profile: Profile, { filter }: View): readonly number[] {
  const { instructions, file } = filter;
  const wanted = rowFilter(profile, {
    idle: true,
    ...(instructions === undefined ? {} : { instructions }),
    ...(file === undefined ? {} : { file }),
  });
  const rows: number[] = [];
  for (let row = 0; row < profile.samples.length; row++) if (wanted.keeps(row)) rows.push(row);
  return rows;
}

/** A recording of the kernel reader has waits since before it said so. */
function knowsGilWaits({ gilWaits, leastWait, reader }: Profile['meta']): boolean {
  return gilWaits === undefined ? leastWait !== undefined && reader === 'kernel' : gilWaits === 'told';
}

function countsOf(view: View): Counts {
  if (isOfWaits(view)) return 'waits';
  if (view.filter.gil === true) return 'gil';
  return view.filter.idle === true ? 'all' : 'ran';
}

function factsOf(profile: Profile): readonly string[] {
  const { meta } = profile;
  return [
    `CPython ${meta.target.python}${meta.target.freeThreaded ? ', free-threaded' : ''}`,
    `pid ${meta.target.pid}`,
    duration(meta.duration),
    ...(isCounted(meta) ? countedFacts(profile) : sampledFacts(profile)),
    new Date(meta.startedAt)
      .toISOString()
      .replace('T', ' ')
      .replace(/\.\d+Z$/, ' UTC'),
  ];
}

function sampledFacts({ meta, threads }: Profile): readonly string[] {
  return [
    `${counted(meta.counters.samples, 'sample')} of ${counted(threads.length, 'thread')}`,
    `${rateText(meta.rate)} a second asked for`,
    `${meta.reader} reader`,
  ];
}

function countedFacts({ threads, samples }: Profile): readonly string[] {
  const executions = samples.weight.reduce((sum, weight) => sum + weight, 0);
  const processes = threads.length === 1 ? '' : ` in ${threads.length} processes`;
  return ['every instruction counted', `${counted(executions, 'execution')}${processes}`];
}

function notesOf({ meta, sources }: Profile, { filter }: View, omitted: number): readonly string[] {
  const { unreadable, lost } = meta.counters;
  const only = isCounted(meta) ? 'Only executions' : 'Only samples';
  return [
    ...(filter.file === undefined ? [] : [`${only} in files that match ${[filter.file].flat().join(', ')}.`]),
    ...(filter.instructions?.length ? [`${only} at ${filter.instructions.join(', ')}.`] : []),
    ...(unreadable > 0 ? [`${counted(unreadable, 'sample')} could not be read and are not shown.`] : []),
    ...(lost > 0 ? [`${counted(lost, 'sample')} did not fit into memory and are not shown.`] : []),
    ...(omitted > 0
      ? [
          `Instructions of ${counted(omitted, isCounted(meta) ? 'less frequent function' : 'cooler function')} are left out.`,
        ]
      : []),
    ...(meta.whyNotKernel === undefined
      ? []
      : [`The kernel reader was not taken, as ${meta.whyNotKernel.reason}.`]),
    ...(sources === undefined
      ? ['The profile has no source text: views of files show instructions alone.']
      : []),
  ];
}

/** Waits are no time that other code would save; executions are no time at all. */
function adviceOf(profile: Profile, { filter }: View): ReportData['advice'] {
  if (isCounted(profile.meta)) return [];
  const counted = { idle: filter.idle === true && filter.waits !== true, gil: filter.gil === true };
  return adviceFor(profile, counted).map(({ kind: _, ...finding }) => ({
    ...finding,
    file: profile.strings.indexOf(finding.file),
    function: printable(finding.function),
    instruction: printable(finding.instruction),
    what: printable(finding.what),
    evidence: printable(finding.evidence),
    change: printable(finding.change),
  }));
}

/** Lines are split before anything in them is made safe to show: columns count bytes of the file. */
function sourcesOf({ sources = [] }: Profile): ReportData['sources'] {
  return sources.map(({ file, text, changed }) => ({ file, text, changed }));
}
