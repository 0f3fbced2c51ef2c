import { endBySignal } from '../lib/end-by-signal.js';
import { readProc } from '../target/procfs.js';
import type { Launched } from './launch.js';

/**
 * Passes the signals that are sent to us on to the program we have started. What a terminal sends (Ctrl-C, Ctrl-\)
 * it has sent to the program, too, as that is in the same process group. Once the program has ended the first such
 * signal is let pass, so that what was sampled is delivered; another one ends us.
 *
 * @param abandon called right before we end like that
 */
export function passSignals(program: Launched, abandon: () => void): void {
  let late = 0;
  for (const name of [...ofTerminals, ...ofOthers]) {
    process.on(name, () => {
      if (!program.ended.aborted) {
        if (!(ofTerminals.includes(name) && isInForeground())) program.send(name);
        return;
      }
      late += 1;
      if (late < 2) return;
      abandon();
      endBySignal(name);
    });
  }
}

const ofTerminals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];
const ofOthers: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'];

/** Whether Ctrl-C would reach us: our process group is the one that our terminal has in the foreground. */
function isInForeground(): boolean {
  const stat = readProc('/proc/self/stat') ?? '';
  // proc_pid_stat(5): state, ppid, pgrp, session, tty_nr, tpgid; the name before them can hold anything.
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return group !== undefined && group === foreground;
}
