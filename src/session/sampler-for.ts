import { HeavyopsError } from '../errors.js';
import { type NativeSampler, native } from '../native.js';
import type { Target } from '../target/target.js';
import { type SamplingOptions, samplerConfig } from './sampler-config.js';

/**
 * A sampler of the target, not started yet.
 *
 * @throws HeavyopsError TARGET_UNREADABLE when the offsets that the target tells of itself (3.13+) cannot be
 */
export function samplerFor(target: Target, options: SamplingOptions): NativeSampler {
  const config = samplerConfig(target, options);
  try {
    return new (native().Sampler)(config);
  } catch (cause) {
    // native/layout_check.h: a field that lies outside its struct.
    if (!(cause instanceof RangeError)) throw cause;
    throw new HeavyopsError(
      'TARGET_UNREADABLE',
      `the structs of this interpreter cannot be read: ${cause.message}`,
      'The process may not be a CPython, or a build whose structs were changed. Please report its version and where it comes from.',
      cause,
    );
  }
}
