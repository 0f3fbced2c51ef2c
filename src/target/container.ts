import { existsSync } from '../lib/file-system.js';
import { ifAllowed, readProc } from './procfs.js';

/** Whether heavyops itself most likely runs in a container: for messages only, as nothing tells it for sure. */
export function isContainer(): boolean {
  return (
    existsSync('/.dockerenv') ||
    existsSync('/run/.containerenv') ||
    process.env.KUBERNETES_SERVICE_HOST !== undefined ||
    /^\d+:[^:]*:.*\/(docker|kubepods|lxc|containerd)/m.test(
      ifAllowed(() => readProc('/proc/self/cgroup')) ?? '',
    )
  );
}
