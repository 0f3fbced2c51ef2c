import { adviceFor } from '../../advice/advice.js';
import { HeavyopsError } from '../../errors.js';
import { loadProfile } from '../../load/json.js';
import { isCounted } from '../../profile/counts.js';
import { adviceText } from '../../terminal/advice.js';
import { wantsColour } from '../../terminal/style.js';
import { type AdviseValues, modeFilter } from '../options.js';
import { note, terminalOf, writeOut } from '../standard-streams.js';

/** `heavyops advise`: prints what can be changed in the hot code of a saved profile. Returns the exit code. */
export function advise(file: string, values: AdviseValues): number {
  const filter = modeFilter(values);
  const profile = loadProfile(file);
  if (isCounted(profile.meta)) {
    throw new HeavyopsError(
      'USAGE',
      `${file} has executions, and advice goes by time`,
      'Sample the program: heavyops run -o FILE.json -- python3 app.py, then heavyops advise FILE.json',
    );
  }
  const findings = adviceFor(profile, filter);
  if (profile.codeNames === undefined) {
    note(`${file} has no names of variables, so little can be found: record it again with -o FILE.json`);
  }
  const terminal = terminalOf(1);
  const style = { columns: terminal.columns, colour: wantsColour(terminal, process.env) };
  writeOut(values.json === true ? `${JSON.stringify(findings)}\n` : adviceText(findings, style));
  return 0;
}
