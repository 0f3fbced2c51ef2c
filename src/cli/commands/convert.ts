import { HeavyopsError } from '../../errors.js';
import { loadProfile } from '../../load/json.js';
import { checkInstructions } from '../instructions.js';
import { type OutputValues, type ViewValues, viewOf } from '../options.js';
import { openOutputs } from '../output-files.js';

/** `heavyops convert`: writes a saved profile in another format. */
export function convert(file: string, values: ViewValues & OutputValues): number {
  if (values.output.length === 0) {
    throw new HeavyopsError(
      'USAGE',
      'no file to write was named',
      `Such as: heavyops convert ${file} -o flame.svg`,
    );
  }
  const profile = loadProfile(file);
  checkInstructions(profile.meta.target.python, values.instructions);
  for (const output of openOutputs(values.output, values.format)) output.write(profile, viewOf(values));
  return 0;
}
