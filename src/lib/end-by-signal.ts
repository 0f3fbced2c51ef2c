/** Ends this process as a signal does that nobody takes, at once and whatever else it is doing. */
export function endBySignal(name: NodeJS.Signals): void {
  process.removeAllListeners(name); // The kernel's own way with it is back then.
  process.kill(process.pid, name);
}
