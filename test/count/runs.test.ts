import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executions } from '../../src/count/runs.js';

const role = { run: 1, hidden: 2, unfinished: 4, start: 16 };

interface Unit {
  readonly role: number;
  /** Where it goes on, where it jumps to; with `told` if that is told. */
  readonly next?: number;
  readonly jump?: number;
  readonly told?: boolean;
  readonly alone?: number;
  readonly fromHere?: number;
  readonly fromLine?: number;
  readonly until?: number;
}

function executed(units: readonly Unit[]): { readonly counts: readonly number[]; readonly adds: boolean } {
  const way = (to: number | undefined, told: boolean) => (to === undefined ? 0 : (to + 1) * 2 + Number(told));
  const runs = Uint32Array.from(
    units.flatMap(({ role, next, jump, told = false }) => [role, way(next, told), way(jump, told)]),
  );
  const counters = Float64Array.from(
    units.flatMap(({ alone = 0, fromHere = 0, fromLine = 0, until = 0 }) => [
      alone,
      fromHere,
      fromLine,
      until,
    ]),
  );
  const { counts, adds } = executions(runs, counters);
  return { counts: [...counts], adds };
}

const run = role.run | role.start;

test('what begins goes on to where it ends', () => {
  assert.deepEqual(
    executed([
      { role: run | role.hidden, next: 1, fromHere: 9 },
      { role: run, next: 2, until: 2 },
      { role: run, until: 7 },
      { role: role.start, alone: 3 },
    ]),
    { counts: [0, 9, 7, 3], adds: true },
  );
});

test('how often a branch is taken follows from its ends', () => {
  assert.deepEqual(
    executed([
      { role: run, next: 1, jump: 2, fromHere: 10 },
      { role: run, until: 4 },
      { role: run, until: 6 },
    ]),
    { counts: [10, 4, 6], adds: true },
  );
});

test('a loop is known from the lines that begin in it', () => {
  assert.deepEqual(
    executed([
      { role: run, next: 1, fromHere: 2 },
      { role: run, next: 2, jump: 3, told: true, fromLine: 50 },
      { role: run, jump: 1, told: true, fromLine: 50 },
      { role: run, until: 2, fromLine: 2 },
    ]),
    { counts: [2, 52, 50, 2], adds: true },
  );
});

test('a call that has not come back is the end of its run, also where it is its last inline cache', () => {
  assert.deepEqual(
    executed([
      { role: run, next: 2, fromHere: 5 },
      { role: 0, until: 1 },
      { role: run, until: 4 },
    ]),
    { counts: [5, 0, 4], adds: true },
  );
});

test('in a forked child more goes on behind a call than has begun', () => {
  assert.deepEqual(
    executed([
      { role: run, next: 1, fromHere: 0, until: -1 },
      { role: run, until: 1 },
    ]),
    { counts: [0, 1], adds: true },
  );
});

test('one place may be left for ever', () => {
  assert.deepEqual(
    executed([
      { role: run | role.unfinished, next: 1, fromHere: 5 },
      { role: run, until: 4 },
    ]),
    { counts: [5, 4], adds: true },
  );
});

test('numbers that contradict each other are noticed', () => {
  assert.equal(
    executed([
      { role: run, next: 1, fromHere: 5 },
      { role: run, until: 3 },
    ]).adds,
    false,
  );
});
