import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Where Node's own headers are: what npm is set to, else next to this Node. Undefined leaves it to node-gyp, which
 * downloads them.
 */
export function headersOfNode() {
  const besideNode = dirname(dirname(process.execPath));
  return [configured(), besideNode].find((prefix) => prefix !== undefined && hasHeaders(prefix));
}

function configured() {
  const answer = execFileSync('npm', ['config', 'get', 'nodedir'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const prefix = answer.trim();
  return prefix === '' || prefix === 'undefined' || prefix === 'null' ? undefined : prefix;
}

/** @param {string} prefix of an installation, or a source tree */
function hasHeaders(prefix) {
  return ['include/node/node_api.h', 'src/node_api.h'].some((path) => existsSync(join(prefix, path)));
}
