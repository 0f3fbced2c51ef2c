import { calleeTimes } from '../profile/callee-times.js';
import { codeTimes } from '../profile/code-times.js';
import type { SampleFilter } from '../profile/filter.js';
import { Listings, specialises } from '../profile/listing.js';
import type { Profile } from '../profile/profile.js';
import { totals } from '../profile/totals.js';
import { dynamicAttributes, severalClasses, severalSequences, tupleFields } from './attribute-types.js';
import { callableObjects, truthMethods } from './callables.js';
import { tinyCalls } from './calls.js';
import { cells } from './cells.js';
import { containerTypes, searchedLists, storedItems } from './container-types.js';
import { containersInLoops } from './containers.js';
import type { Finding } from './finding.js';
import { general, severalTypes } from './general.js';
import { HotCode, leastShare } from './hot-code.js';
import { functionsInLoops, globalsInLoops } from './loops.js';
import { identities, mixedNumbers, numberTypes } from './number-types.js';
import { repeatedAttributes, repeatedSubscripts } from './repeated.js';

/** What can be changed in the hot code of a profile, what costs most first. Shares are of what `filter` counts. */
export function adviceFor(profile: Profile, filter: SampleFilter = {}): readonly Finding[] {
  const { codes, strings } = profile;
  const listings = new Listings(profile);
  const known = new Map<number, HotCode>();
  const codeOf = (code: number): HotCode => {
    const place = {
      file: strings[codes.filename[code] as number] ?? '',
      function: strings[codes.qualname[code] as number] ?? '',
    };
    const hot = known.get(code) ?? new HotCode(place, listings.of(code), codeTimes(profile, filter, code));
    known.set(code, hot);
    return hot;
  };
  // Where nothing is specialised, general forms say nothing of the values.
  const chosen = specialises(profile) ? searches : searches.filter((search) => search !== general);
  const hot = hotCodes(profile, filter);
  const nameOf = (code: number) => strings[codes.name[code] as number] ?? '';
  return [
    ...hot.flatMap((code) => chosen.flatMap((search) => search(codeOf(code)))),
    ...tinyCalls(calleeTimes(profile, filter), new Set(hot), codeOf, nameOf),
  ].sort((a, b) => b.share - a.share);
}

const searches: readonly ((code: HotCode) => readonly Finding[])[] = [
  cells,
  general,
  severalTypes,
  functionsInLoops,
  containersInLoops,
  globalsInLoops,
  repeatedAttributes,
  repeatedSubscripts,
  severalClasses,
  severalSequences,
  mixedNumbers,
  numberTypes,
  identities,
  containerTypes,
  storedItems,
  searchedLists,
  tupleFields,
  dynamicAttributes,
  callableObjects,
  truthMethods,
];

/** Those with enough time of their own for a finding. */
function hotCodes(profile: Profile, filter: SampleFilter): readonly number[] {
  const shares = new Map<number, number>();
  for (const { code, share } of totals(profile, filter).locations) {
    shares.set(code, (shares.get(code) ?? 0) + share);
  }
  return [...shares].filter(([, share]) => share >= leastShare).map(([code]) => code);
}
