import { readFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';

/** What figures depend on. @returns {import('./results.mjs').Machine} */
export function machine() {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    kernel: release(),
    load: loadavg()[0] ?? Number.NaN,
    node: process.version,
    ...(virtual() ? { virtual: true } : {}),
  };
}

function virtual() {
  return / hypervisor /.test(readFileSync('/proc/cpuinfo', 'latin1'));
}
