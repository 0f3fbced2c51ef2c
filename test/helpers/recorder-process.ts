/**
 * Records a process until its standard input ends, then writes the profile as JSON to its standard output: a
 * profiler that a test can stop. Says "recording" on its standard error when it has begun.
 *
 * Usage: recorder-process.js PID RATE [READER]
 */
import { json } from '../../src/export/json.js';
import { defaultView } from '../../src/profile/view.js';
import { record } from '../../src/session/record.js';
import type { Reader } from '../../src/session/sampler-config.js';
import { openTarget } from '../../src/target/target.js';

const [pid = 0, rate = 0] = process.argv.slice(2, 4).map(Number);
const reader = (process.argv[4] ?? 'memory') as Reader;
const asked = new AbortController();
process.stdin.on('end', () => asked.abort()).resume();
let begun = false;
const profile = await record(await openTarget(pid), {
  rate,
  reader,
  signal: asked.signal,
  onProgress: () => {
    if (!begun) process.stderr.write('recording\n');
    begun = true;
  },
});
for (const chunk of json.write(profile, defaultView)) process.stdout.write(chunk);
