import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { Thread } from '../../../src/profile/profile.js';
import { takeDump } from '../../../src/session/dump.js';
import { openTarget } from '../../../src/target/target.js';
import { until } from '../../helpers/heavyops.js';
import { interpreters, label } from '../../helpers/interpreters.js';
import { type RecordedSample, recordProcess } from '../../helpers/recorded.js';
import { allReaders } from '../../helpers/running-readers.js';
import { startTarget } from '../../helpers/target.js';

const fighters = 4;
/** Free-threaded builds have no GIL unless they are told to. */
const builds = interpreters().flatMap((interpreter) =>
  interpreter.freeThreaded
    ? [
        { interpreter, hasGil: false, env: {}, name: label(interpreter) },
        { interpreter, hasGil: true, env: { PYTHON_GIL: '1' }, name: `${label(interpreter)} with its GIL` },
      ]
    : [{ interpreter, hasGil: true, env: {}, name: label(interpreter) }],
);
const cases = builds.flatMap((build) => allReaders().map((one) => ({ ...build, ...one })));

for (const { interpreter, name, hasGil, env, reader, by, skip } of cases) {
  test(`on ${name} waiting for the GIL is told from running and from being idle${by}`, {
    skip,
  }, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'gil.py', { args: [String(fighters)], env });
    const before = scheduled(pid);
    const { samples, profile } = await recordProcess(pid, { rate: 1000, samples: 0, atLeast: 2000, reader });
    const after = scheduled(pid);
    assert.equal(profile.meta.gilWaits, 'told');
    const shares = fighterShares(t, samples);
    assert.equal(shares.length, fighters);
    for (const one of shares) tellTruth(t, one, before, after);
    if (!hasGil) assert.ok(shares.every(({ waiting }) => waiting === 0));
    else if (reader === 'kernel') assertFight(shares);
    else assertNoneIdle(shares);
    assertOthers(samples, reader === 'stopped');
  });
}

interface Shares {
  readonly thread: Thread;
  readonly running: number;
  readonly waiting: number;
  /** Neither; by the kernel reader it may wait for a processor. */
  readonly idle: number;
}

function sharesOf(own: readonly RecordedSample[]): Omit<Shares, 'thread'> {
  const timeOf = (condition: (sample: RecordedSample) => boolean) =>
    own.reduce((sum, sample) => sum + (condition(sample) ? sample.weight : 0), 0);
  const whole = timeOf(() => true);
  return {
    running: timeOf(({ active }) => active) / whole,
    waiting: timeOf(({ waitsForGil }) => waitsForGil) / whole,
    idle: timeOf(({ active, waitsForGil }) => !active && !waitsForGil) / whole,
  };
}

function fighterShares(t: TestContext, samples: readonly RecordedSample[]): readonly Shares[] {
  const threads = new Set(samples.map(({ thread }) => thread));
  return [...threads]
    .filter(({ name }) => name.startsWith('fighter-'))
    .map((thread) => {
      const shares = sharesOf(samples.filter((sample) => sample.thread === thread));
      const texts = Object.entries(shares).map(([state, share]) => `${state} ${(100 * share).toFixed(1)} %`);
      t.diagnostic(`${thread.name}: ${texts.join(', ')}`);
      return { thread, ...shares };
    });
}

/** Milliseconds on processors and waiting for one, of each thread so far (`/proc/PID/task/TID/schedstat`), and now. */
function scheduled(pid: number) {
  const tasks = readdirSync(`/proc/${pid}/task`).map((task) => {
    const text = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8');
    const [ran = 0, waited = 0] = text.split(' ').map((word) => Number(word) / 1e6);
    return [Number(task), { ran, waited }] as const;
  });
  return { at: performance.now(), tasks: new Map(tasks) };
}

type Scheduled = ReturnType<typeof scheduled>;

/**
 * A fighter is on a processor, or waits for one, or waits for the GIL: what the kernel counts of the first two bounds the
 * third. A busy machine lets a reader take few samples, so it is told, and decides nothing.
 */
function tellTruth(t: TestContext, { thread }: Shares, before: Scheduled, after: Scheduled): void {
  const passed = after.at - before.at;
  const share = (of: 'ran' | 'waited') =>
    ((after.tasks.get(thread.tid)?.[of] ?? 0) - (before.tasks.get(thread.tid)?.[of] ?? 0)) / passed;
  const [ran, waited] = [share('ran'), share('waited')].map((each) => `${(100 * each).toFixed(1)} %`);
  t.diagnostic(`${thread.name} by the kernel: ${ran} on processors, ${waited} waiting for one`);
}

/** Whoever waits for a processor may count as running, and that can be long on a busy machine. */
function assertNoneIdle(shares: readonly Shares[]): void {
  for (const { thread, waiting, idle } of shares) {
    assert.ok(waiting > 0.05, `${thread.name} waits for the GIL: ${waiting}`);
    assert.ok(idle < 0.02, `${thread.name} is never idle: ${idle}`);
  }
}

/**
 * Never two of them have the GIL, so all but one wait for it. Who has it and waits for a processor does not, nor who wants to ask
 * for it and waits for one, which is seldom where the machine is not busy.
 */
function assertFight(shares: readonly Shares[]): void {
  const waiting = shares.reduce((sum, one) => sum + one.waiting, 0);
  assert.ok(waiting > (fighters - 1) / 2 && waiting < fighters, `${waiting} of ${fighters} wait`);
  assert.ok(shares.every((one) => one.waiting > 0));
}

/** They do not need it: not one sample says so. Where all is stopped again and again, one that sleeps can have to wake up. */
function assertOthers(samples: readonly RecordedSample[], stopped: boolean): void {
  const of = (name: string) => {
    const own = samples.filter(({ thread }) => thread.name === name);
    assert.ok(own.length > 0, name);
    return own;
  };
  for (const name of ['sleeper', 'locker', 'reader', 'waiter']) {
    assert.ok(!of(name).some(({ waitsForGil }) => waitsForGil), `${name} does not wait for the GIL`);
    assert.ok(stopped || !of(name).some(({ active }) => active), `${name} is idle`);
  }
  const hasher = of('hasher');
  assert.ok(hasher.every(({ waitsForGil, gil }) => !waitsForGil && !gil));
  assert.ok(sharesOf(hasher).running > 0);
}

for (const { interpreter, name, hasGil, env } of builds) {
  test(`on ${name} a dump tells which threads wait for the GIL`, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'gil.py', { args: [String(fighters)], env });
    const target = await openTarget(pid);
    const seen = new Map<string, Set<string>>();
    const look = async () => {
      const { threads } = await takeDump(target);
      for (const thread of threads) {
        const states = seen.get(thread.name) ?? new Set();
        seen.set(thread.name, states.add(thread.state));
        if (thread.gil) assert.notEqual(thread.state, 'waiting for the GIL', thread.name);
      }
    };
    const isWaiting = ([thread, states]: readonly [string, ReadonlySet<string>]) =>
      thread.startsWith('fighter-') && states.has('waiting for the GIL');
    if (hasGil) {
      await until('each fighter was seen to wait', async () => {
        await look();
        return [...seen].filter(isWaiting).length === fighters;
      });
    } else {
      for (let dumps = 0; dumps < 20; dumps++) await look();
      assert.ok(![...seen.values()].some((states) => states.has('waiting for the GIL')));
    }
    for (const idle of ['sleeper', 'locker', 'reader', 'waiter']) {
      assert.deepEqual([...(seen.get(idle) ?? [])], ['idle'], idle);
    }
    assert.deepEqual([...(seen.get('hasher') ?? [])], ['active']);
  });
}

/** PEP 684, from 3.12 on. */
const withOwnGil = cases.filter(({ interpreter }) => interpreter.minor >= 12 && !interpreter.freeThreaded);

for (const { interpreter, name, reader, by, skip } of withOwnGil) {
  test(`on ${name} the GIL of a sub-interpreter is waited for as well${by}`, { skip }, async (t) => {
    const started = await startTarget(t, interpreter, 'own_gil.py', { args: [String(fighters)] }).catch(
      (error: Error) => assert.match(error.message, /unsupported/),
    );
    if (started === undefined) return t.skip('this interpreter has no module that makes sub-interpreters');
    const options = { rate: 1000, samples: 0, atLeast: 1000, reader };
    const { samples } = await recordProcess(started.pid, options);
    const inside = [...new Set(samples.map(({ thread }) => thread))].filter((thread) => {
      const own = samples.filter((sample) => sample.thread === thread);
      return thread.interpreter !== 0 && own.some(({ stack }) => stack.endsWith('>fighter'));
    });
    assert.equal(inside.length, fighters);
    for (const thread of inside) {
      const { waiting } = sharesOf(samples.filter((sample) => sample.thread === thread));
      t.diagnostic(`${thread.tid}: waiting ${(100 * waiting).toFixed(1)} %`);
      assert.ok(waiting > 0.05, `${thread.tid} waits for the GIL: ${waiting}`);
    }
    const main = samples.filter(({ thread }) => thread.tid === started.pid);
    assert.ok(main.length > 0 && main.every(({ waitsForGil }) => !waitsForGil));
  });
}
