import { HeavyopsError } from '../../errors.js';
import { loadProfile } from '../../load/json.js';
import { checkInstructions } from '../instructions.js';
import { discardAll, endTidily } from '../interruption.js';
import { type OutputValues, type SavedValues, type ViewValues, viewOf } from '../options.js';
import { openOutputs, writeEach } from '../output-files.js';
import { savedTables } from '../saved-tables.js';

/** `heavyops convert`: writes a saved profile in other formats. Returns the exit code. */
export async function convert(
  file: string,
  values: ViewValues & SavedValues & OutputValues,
): Promise<number> {
  if (values.output.length === 0) {
    throw new HeavyopsError(
      'USAGE',
      'no file to write was named',
      `Such as: heavyops convert ${file} -o flame.svg`,
    );
  }
  const profile = loadProfile(file);
  checkInstructions(profile.meta.target.python, values.instructions);
  const outputs = openOutputs(values.output, values.format, savedTables(profile, file, values));
  endTidily(() => discardAll(outputs));
  return writeEach(outputs, profile, viewOf(values), false);
}
