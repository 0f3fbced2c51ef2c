import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { native } from '../../dist/src/native.js';
import { samplerConfig } from '../../dist/src/session/sampler-config.js';
import { StepFailed } from '../steps.mjs';
import { Distribution } from './distribution.mjs';

/** Samples a target that is stopped (SIGSTOP) for each of some instants. */
export async function sampleStopped(target, instants) {
  const sampler = new (native().Sampler)(samplerConfig(target, { rate: 1000 }));
  const seen = new Distribution(target);
  for (let taken = 0; taken < instants; taken++) {
    process.kill(target.pid, 'SIGSTOP');
    while (stateOf(target.pid) !== 'T');
    sampler.sampleOnce();
    process.kill(target.pid, 'SIGCONT');
    await sleep(Math.random() * 2);
    if (taken % 256 === 255) seen.add(sampler.drain());
  }
  seen.add(sampler.drain());
  return seen;
}

/** At least so many samples of a target that runs, with a reader and a processor as `samplerConfig` takes them. */
export async function sampleRunning(target, { rate, samples, reader, processor }) {
  const sampler = new (native().Sampler)(samplerConfig(target, { rate, reader, processor }));
  const seen = new Distribution(target);
  const refusal = sampler.start();
  if (refusal !== 0)
    throw new StepFailed(`the reader "${reader}" was refused: errno ${refusal} ${sampler.refusedStep()}`);
  while (seen.total < samples) {
    await sleep(200);
    seen.add(sampler.drain());
  }
  sampler.stop();
  seen.add(sampler.drain());
  return seen;
}

const stateOf = (pid) => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.[0];
