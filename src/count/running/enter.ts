import { closeSync, constants, openSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HeavyopsError } from '../../errors.js';
import { counterLibrary, native, type ScriptRequest } from '../../native.js';
import { processStat } from '../../target/process.js';
import { noSuchProcess } from '../../target/refusals.js';
import { refuseUnstoppable, stopRefused } from '../../target/stoppable.js';
import type { Target } from '../../target/target.js';
import { type Door, doorOf, insteadOfCounting, refuseLimit } from './door.js';
import { scriptFile } from './script.js';
import { ScriptPlace } from './script-place.js';

/** What is counted in, as the process has it open and we have, too. */
export interface Entered {
  readonly descriptor: number;
  /** Of what is loaded in the process, as /proc/PID/maps shows it. */
  readonly mapping: string;
}

export interface EnterOptions {
  /** What the file of counters begins with, and its size. */
  readonly start: Uint8Array;
  readonly size: number;
  /** Gives up. */
  readonly signal?: AbortSignal | undefined;
  /** Is given what takes everything back at once, for an end that does not wait. */
  readonly onRequest?: ((abandon: () => void) => void) | undefined;
}

/**
 * Has a process load the counter and begin. Its script is nowhere any more when this returns or throws, and no thread of it
 * is going to run it.
 *
 * @throws HeavyopsError UNSUPPORTED_PYTHON, NOT_COUNTABLE, NOT_READY, NOT_STOPPABLE, NO_SUCH_PROCESS
 */
export async function enter(target: Target, options: EnterOptions): Promise<Entered> {
  const door = doorOf(target);
  refuseLimit(target.pid, options.size);
  refuseUnstoppable(target.pid, insteadOfCounting(target.pid));
  const place = ScriptPlace.find(target.pid);
  const request: ScriptRequest = { ...door, path: place.path };
  try {
    const name = basename(place.path);
    const until = Date.now() / 1000 + lifetime;
    const library = readFileSync(counterLibrary());
    const { start, size } = options;
    place.write(scriptFile({ ...request, until, name, start, size, library }));
    options.onRequest?.(() => {
      native().takeBackScript(request);
      place.remove();
    });
    await ask(door, request, place, options.signal);
    return openCounters(target, place, name);
  } finally {
    place.remove();
  }
}

/** Milliseconds in which some thread has to run Python. */
const patience = 5000;
/** Seconds: what takes longer than this to be looked at is not run any more, even when we could not take it back. */
const lifetime = 30;
const pollInterval = 5;

/** Asks, waits until it counts, and sees to it that nobody runs the script later. */
async function ask(
  { pid }: Door,
  request: ScriptRequest,
  place: ScriptPlace,
  signal: AbortSignal | undefined,
): Promise<void> {
  const asked = native().askForScript(request);
  if (asked === 0) throw askedByAnother(pid);
  const end = performance.now() + patience;
  while (asked > 0 && performance.now() < end && signal?.aborted !== true && isAlive(pid)) {
    const { counting, error } = place.answer();
    if (counting !== undefined) return settle(place, asked - counting.takenBack);
    if (error !== undefined) break;
    await sleep(pollInterval);
  }
  const looked = native().takeBackScript(request);
  await settle(place, looked);
  if (asked === -EAGAIN) throw tooBusy(pid);
  if (asked < 0) throw stopRefused(pid, -asked, insteadOfCounting(pid));
  const { counting, error, entered } = place.answer();
  if (error !== undefined) throw scriptFailed(pid, error);
  if (counting !== undefined) return;
  if (!isAlive(pid)) throw noSuchProcess(pid);
  if (entered < looked) throw forbidden(pid);
  throw signal?.aborted === true ? interrupted(pid) : unanswered(pid, looked);
}

const EAGAIN = 11;

function isAlive(pid: number): boolean {
  return !['Z', 'X', undefined].includes(processStat(pid)?.state);
}

/** Waits for threads that have looked already: they are about to open the file, which has to be there. */
async function settle(place: ScriptPlace, looked: number): Promise<void> {
  const end = performance.now() + settling;
  while (performance.now() < end && place.answer().entered < looked) await sleep(pollInterval);
}

/** Milliseconds. */
const settling = 1000;

/** The process may be anybody's: what its descriptor leads to has to be what the script has made. */
function openCounters({ pid }: Target, place: ScriptPlace, name: string): Entered {
  const mapping = `/memfd:${name} (deleted)`;
  const path = `/proc/${pid}/fd/${place.answer().counting?.descriptor}`;
  try {
    if (readlinkSync(path) !== mapping) throw new Error(`${path} is something else`);
    const descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    if (readlinkSync(`/proc/self/fd/${descriptor}`) === mapping) return { descriptor, mapping };
    closeSync(descriptor);
    throw new Error(`${path} has become something else`);
  } catch (cause) {
    throw new HeavyopsError(
      'NOT_COUNTABLE',
      `process ${pid} counts, but its counters cannot be opened`,
      'It has closed the file, or ended. It stops counting by itself within some seconds. Try again.',
      cause,
    );
  }
}

function tooBusy(pid: number): HeavyopsError {
  return new HeavyopsError(
    'NOT_STOPPABLE',
    `the threads of process ${pid} could not all be stopped at the same time, to ask them without danger`,
    `One of them is in a sleep that cannot be interrupted (state D in ps -L), or the machine is very busy. Try again.\n${insteadOfCounting(pid)}`,
  );
}

function unanswered(pid: number, looked: number): HeavyopsError {
  const after =
    looked < 0
      ? `What was asked for could not be taken back; ${lifetime} seconds from now it does nothing any more.`
      : 'What was asked for is taken back.';
  return new HeavyopsError(
    'NOT_COUNTABLE',
    `no thread of process ${pid} has run Python in ${patience / 1000} seconds, so none has begun to count`,
    `They wait, or are in long calls of C code. ${after}\nSee where they are: heavyops dump ${pid}`,
  );
}

function forbidden(pid: number): HeavyopsError {
  return new HeavyopsError(
    'NOT_COUNTABLE',
    `process ${pid} has not run the script that it was asked to`,
    `An audit hook of it forbids that most likely (the event cpython.remote_debugger_script); on its standard error it may say why.\n${insteadOfCounting(pid)}`,
  );
}

function askedByAnother(pid: number): HeavyopsError {
  return new HeavyopsError(
    'NOT_COUNTABLE',
    `another debugger has asked the threads of process ${pid} to run its script, and none has yet`,
    `Try again when that is over. See where they are: heavyops dump ${pid}`,
  );
}

function interrupted(pid: number): HeavyopsError {
  return new HeavyopsError(
    'NO_SAMPLES',
    `it was interrupted before process ${pid} had begun to count`,
    'What was asked for is taken back. Give it some more time.',
  );
}

function scriptFailed(pid: number, error: string): HeavyopsError {
  return new HeavyopsError(
    'NOT_COUNTABLE',
    `process ${pid} could not begin to count: ${error}`,
    `Nothing of it is left there. ${insteadOfCounting(pid)}`,
  );
}
