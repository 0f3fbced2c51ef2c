import { native } from '../../dist/src/native.js';
import { samplerConfig } from '../../dist/src/session/sampler-config.js';

/**
 * Where a thread's pointer to its current frame is.
 *
 * @typedef {object} Pointer
 * @property {number} word its address, or that of a pointer to what holds it
 * @property {number} offset in what that leads to (3.11 and 3.12); -1: the word is the pointer itself
 */

/**
 * Of the only thread of a target. Up to 3.10, where calls of Python functions are calls in C, too, nobody needs it.
 *
 * @param {import('../../dist/src/target/target.js').Target} target
 * @returns {Pointer | undefined}
 */
export function currentFrame(target) {
  if (target.version.minor < 11) return undefined;
  const config = samplerConfig(target, { rate: 1000 });
  const sampler = new (native().Sampler)(config);
  sampler.sampleOnce();
  const [thread] = sampler.drain().threads;
  if (thread === undefined) throw new Error('the target shows no thread');
  const { thread_frame: field = 0, thread_cframe_frame: offset = -1 } = config.layout;
  return { word: Number(thread.state) + field, offset };
}
