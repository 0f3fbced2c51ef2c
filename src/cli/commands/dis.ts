import { HeavyopsError } from '../../errors.js';
import { nearest } from '../../lib/nearest.js';
import { loadProfile } from '../../load/json.js';
import { codesNamed, codeTimes } from '../../profile/code-times.js';
import { Listings } from '../../profile/listing.js';
import type { Profile } from '../../profile/profile.js';
import { totals } from '../../profile/totals.js';
import { record } from '../../session/record.js';
import { openTarget } from '../../target/target.js';
import { disassemblyText } from '../../terminal/disassembly.js';
import { wantsColour } from '../../terminal/style.js';
import { interruption } from '../interruption.js';
import { type DisValues, modeFilter } from '../options.js';
import { parsePid } from '../parse.js';
import { terminalOf, writeOut } from '../standard-streams.js';

/**
 * `heavyops dis`: prints the instructions of a function, with the share of each. Returns the exit code.
 *
 * @param words the function; without `--pid` a saved profile before it
 */
export async function dis(words: readonly string[], values: DisValues): Promise<number> {
  const { source, name } = asked(words, values);
  const filter = modeFilter(values);
  const profile = typeof source === 'string' ? loadProfile(source) : await recorded(source, values);
  const codes = codesNamed(profile, name);
  if (codes.length === 0) throw noFunction(profile, name);
  const listings = new Listings(profile);
  const terminal = terminalOf(1);
  const style = { columns: terminal.columns, colour: wantsColour(terminal, process.env) };
  const texts = codes
    .map((code) => codeTimes(profile, filter, code))
    .sort((a, b) => b.own - a.own || b.total - a.total)
    .map((times) => disassemblyText(profile, times, listings.of(times.code), style));
  writeOut(texts.join('\n'));
  return 0;
}

function asked(
  words: readonly string[],
  { pid }: DisValues,
): { readonly source: string | number; readonly name: string } {
  const [first, second, ...more] = words;
  if (pid !== undefined && first !== undefined && second === undefined) {
    return { source: parsePid(pid, 'dis'), name: first };
  }
  if (pid === undefined && first !== undefined && second !== undefined && more.length === 0) {
    return { source: first, name: second };
  }
  throw new HeavyopsError(
    'USAGE',
    pid === undefined
      ? 'a saved profile and the name of a function are needed'
      : 'the name of one function is needed',
    'Such as: heavyops dis profile.json checksum, or: heavyops dis --pid 1234 Particle.move',
  );
}

async function recorded(
  pid: number,
  { rate, reader, processor, duration = usualDuration }: DisValues,
): Promise<Profile> {
  const target = await openTarget(pid);
  const { signal } = interruption(() => {});
  const profile = await record(target, { rate, reader, processor, duration, signal, programText: true });
  if (profile.samples.length === 0) {
    throw new HeavyopsError(
      'NO_SAMPLES',
      'nothing was sampled in that time',
      'Sample longer with -d, or more often with -r.',
    );
  }
  return profile;
}

/** Milliseconds. */
const usualDuration = 5000;

function noFunction(profile: Profile, name: string): HeavyopsError {
  const hottest = [...new Set(totals(profile, {}).locations.map((row) => row.function))];
  const meant = nearest(name, profile.strings);
  const hint = meant === undefined ? '' : `Did you mean "${meant}"? `;
  return new HeavyopsError(
    'USAGE',
    `no function called "${name}" was seen in the samples`,
    `${hint}The hottest are: ${hottest.slice(0, 5).join(', ')}. A function that was never on a stack is not known.`,
  );
}
