import { waitNames } from './colours.js';
import { at, type Model } from './model.js';
import { hasGil, isActive, waitOf } from './selection.js';

/** A thread's samples, and for how long it was in each state. */
export interface Lane {
  readonly thread: number;
  readonly rows: readonly number[];
  /** By state. */
  readonly totals: readonly number[];
}

export interface LaneState {
  readonly state: number;
  /** Class of its colour. */
  readonly kind: string;
  readonly text: string;
}

/** States of a thread, in the order in which they are drawn, from the bottom up. */
export function laneStates(knowsWaits: boolean): readonly LaneState[] {
  return [
    { state: 0, kind: 'running', text: 'running, with the GIL' },
    { state: 1, kind: 'without-gil', text: 'running without the GIL' },
    ...waitNames.slice(1).map((text, index) => ({ state: index + 2, kind: `wait-${index + 1}`, text })),
    { state: idleState, kind: 'idle', text: knowsWaits ? 'shorter waits' : 'idle' },
  ];
}

const idleState = waitNames.length + 1;

export function laneStateOf(flags: number): number {
  if (isActive(flags)) return hasGil(flags) ? 0 : 1;
  const wait = waitOf(flags);
  return wait > 0 ? wait + 1 : idleState;
}

/** Busiest first. */
export function lanesOf({ samples, data }: Model): readonly Lane[] {
  const lanes = data.threads.map((_, thread) => ({
    thread,
    rows: [] as number[],
    totals: laneStates(true).map(() => 0),
  }));
  for (let row = 0; row < samples.length; row++) {
    const lane = lanes[at(samples.thread, row)];
    const state = laneStateOf(at(samples.flags, row));
    if (lane === undefined) continue;
    lane.rows.push(row);
    lane.totals[state] = (lane.totals[state] ?? 0) + at(samples.weight, row);
  }
  const busy = ({ totals }: Lane) => (totals[0] ?? 0) + (totals[1] ?? 0);
  return lanes.filter(({ rows }) => rows.length > 0).sort((a, b) => busy(b) - busy(a) || a.thread - b.thread);
}
