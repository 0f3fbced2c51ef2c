import { basename } from 'node:path';
import { HeavyopsError } from '../../errors.js';
import { endBySignal } from '../../lib/end-by-signal.js';
import { errnoOf } from '../../lib/file-system.js';
import { loadProfile } from '../../load/json.js';
import { viewOfWaits } from '../../profile/view.js';
import { browserOpener, openInBrowser } from '../../view/open-browser.js';
import { reportPages, speedscopePages, speedscopePath } from '../../view/pages.js';
import { type PageServer, servePages } from '../../view/server.js';
import { speedscopeApp } from '../../view/speedscope-app.js';
import { checkInstructions } from '../instructions.js';
import { endingSignals } from '../interruption.js';
import { type ViewCommandValues, viewOf } from '../options.js';
import { savedTables } from '../saved-tables.js';
import { note, writeOut } from '../standard-streams.js';
import { reasonOf } from '../system-errors.js';

/** `heavyops view`: serves saved profiles as pages until Ctrl-C. Returns the exit code. */
export async function view(files: readonly string[], values: ViewCommandValues): Promise<number> {
  const profiles = files.map((file) => ({ name: basename(file), profile: loadProfile(file) }));
  for (const [index, { profile }] of profiles.entries()) {
    checkInstructions(profile.meta.target.python, values.instructions);
    savedTables(profile, files[index] ?? '', values);
  }
  const ran = viewOf(values);
  const shown = values.offCpu === true ? viewOfWaits(ran) : ran;
  const pages =
    values.speedscope === true
      ? speedscopePages(profiles, shown, speedscopeApp())
      : reportPages(profiles, shown);
  const server = await started(pages, values.port);
  const path = values.speedscope === true && profiles.length === 1 ? speedscopePath(0) : '';
  const address = `${server.address}${path}`;
  writeOut(`${address}\n`);
  const opener = values.browser === false ? undefined : browserOpener(process.env);
  if (opener !== undefined) openInBrowser(opener, address);
  note(
    `${opener === undefined ? 'open this address' : 'opened'} in a browser on this machine; Ctrl-C ends it`,
  );
  return untilInterrupted(server);
}

async function started(pages: Parameters<typeof servePages>[0], port: number): Promise<PageServer> {
  try {
    return await servePages(pages, port);
  } catch (cause) {
    if (errnoOf(cause) === '') throw cause;
    throw new HeavyopsError(
      'USAGE',
      `port ${port} cannot be had: ${reasonOf(cause)}`,
      'Name another one with --port, or leave it out: then any free one is taken.',
      cause,
    );
  }
}

/** A second signal ends us at once. */
function untilInterrupted(server: PageServer): Promise<number> {
  return new Promise((resolve) => {
    let asked = false;
    for (const name of endingSignals) {
      process.on(name, () => {
        if (asked) endBySignal(name);
        asked = true;
        server.close();
        resolve(0);
      });
    }
  });
}
