/**
 * heavyops as a library: what the command line is made of.
 *
 * ```ts
 * const target = await openTarget(1234);
 * const profile = await record(target, { rate: 1000, duration: 10_000 });
 * console.log(totals(profile, {}).opcodes[0]);
 * const svg = [...formatByName('flamegraph').write(profile, defaultView)].join('');
 * ```
 *
 * Times in profiles are nanoseconds, those in options milliseconds, shares are 0 to 1. What a user can do something
 * about is thrown as a `HeavyopsError`, with a stable `code` and a `hint`.
 */
export { adviceFor } from './advice/advice.js';
export type { Finding } from './advice/finding.js';
export { type ErrorCode, exitCodes, HeavyopsError } from './errors.js';
export type { Format } from './export/format.js';
export { formatByName, formatOfPath, formats } from './export/formats.js';
export { loadProfile } from './load/json.js';
export type { Dump, DumpFrame, DumpThread } from './profile/dump.js';
export type { SampleFilter } from './profile/filter.js';
export { type ListedInstruction, Listings } from './profile/listing.js';
export {
  type CodeNames,
  type CodeTable,
  type Counters,
  type FrameTable,
  type GilWaits,
  type Opcode,
  type Profile,
  type ProfileMeta,
  type SampledProcess,
  SampleFlag,
  type SampleTable,
  type SourceFile,
  type StackTable,
  type TargetDescription,
  type Thread,
  type WaitKind,
  waitKindOf,
  waitKinds,
  waitsForGil,
} from './profile/profile.js';
export { type LocationRow, type OpcodeRow, type Totals, totals } from './profile/totals.js';
export { defaultView, type View, viewOfWaits } from './profile/view.js';
export { type WaitRow, type WaitTotals, waitTotals } from './profile/waits.js';
export { type DumpOptions, takeDump } from './session/dump.js';
export type { ReaderChoice } from './session/reader-choice.js';
export { type RecordOptions, type RecordProgress, record } from './session/record.js';
export { type OpenOptions, openTarget, type Target } from './target/target.js';
export { version } from './version.js';
