import { codeTimes } from '../profile/code-times.js';
import type { SampleFilter } from '../profile/filter.js';
import { Listings, specialises } from '../profile/listing.js';
import type { Profile } from '../profile/profile.js';
import { totals } from '../profile/totals.js';
import { repeatedAttributes } from './attributes.js';
import { cells } from './cells.js';
import type { Finding } from './finding.js';
import { general } from './general.js';
import { HotCode, leastShare } from './hot-code.js';
import { functionsInLoops, globalsInLoops } from './loops.js';

/** What can be changed in the hot code of a profile, what costs most first. Shares are of what `filter` counts. */
export function adviceFor(profile: Profile, filter: SampleFilter = {}): readonly Finding[] {
  const { codes, strings } = profile;
  const listings = new Listings(profile);
  // Where nothing is specialised, general forms say nothing of the values.
  const chosen = specialises(profile) ? searches : searches.filter((search) => search !== general);
  return hotCodes(profile, filter)
    .map((code) => {
      const place = {
        file: strings[codes.filename[code] as number] ?? '',
        function: strings[codes.qualname[code] as number] ?? '',
      };
      return new HotCode(place, listings.of(code), codeTimes(profile, filter, code));
    })
    .flatMap((code) => chosen.flatMap((search) => search(code)))
    .sort((a, b) => b.share - a.share);
}

const searches: readonly ((code: HotCode) => readonly Finding[])[] = [
  cells,
  general,
  functionsInLoops,
  globalsInLoops,
  repeatedAttributes,
];

/** Those with enough time of their own for a finding. */
function hotCodes(profile: Profile, filter: SampleFilter): readonly number[] {
  const shares = new Map<number, number>();
  for (const { code, share } of totals(profile, filter).locations) {
    shares.set(code, (shares.get(code) ?? 0) + share);
  }
  return [...shares].filter(([, share]) => share >= leastShare).map(([code]) => code);
}
