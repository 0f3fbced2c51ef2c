import type { Counters } from './profile.js';

/** Of two recordings together. */
export function addedCounters(a: Counters, b: Counters): Counters {
  return {
    ticks: a.ticks + b.ticks,
    samples: a.samples + b.samples,
    late: a.late + b.late,
    missed: a.missed + b.missed,
    unreadable: a.unreadable + b.unreadable,
    repaired: a.repaired + b.repaired,
    undecided: a.undecided + b.undecided,
    truncated: a.truncated + b.truncated,
    lost: a.lost + b.lost,
  };
}
