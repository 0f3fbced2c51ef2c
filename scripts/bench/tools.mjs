import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sidRoot } from '../interpreters/places.mjs';
import { asked, installRivals } from './rivals.mjs';
import { austin } from './tools/austin.mjs';
import { cpythonsOwn } from './tools/cpython.mjs';
import { heavyops } from './tools/heavyops.mjs';
import { pySpy } from './tools/py-spy.mjs';

/** @typedef {import('./tools/tool.mjs').Tool} Tool */

/**
 * heavyops and every rival that can be had on this machine.
 *
 * @param {readonly import('../interpreters/find.mjs').Interpreter[]} interpreters
 * @returns {Promise<{ tools: readonly Tool[], seen: readonly import('./results.mjs').ToolSeen[], readers: ReadonlySet<string> }>}
 *   readers: what heavyops has chosen by itself so far
 */
export async function findTools(interpreters) {
  const readers = /** @type {Set<string>} */ (new Set());
  const ours = heavyops('auto', (chosen) => readers.add(chosen));
  /** @type {Tool[]} */
  const tools = [ours, heavyops('memory')];
  /** @type {import('./results.mjs').ToolSeen[]} */
  const seen = [{ name: ours.name, version: ours.version }];
  const { program, missing } = await installRivals();
  const add = (/** @type {string} */ name, /** @type {{ tool?: Tool, missing?: string }} */ found) => {
    if (found.tool !== undefined) {
      tools.push(found.tool);
      seen.push({ name, version: found.tool.version });
    } else seen.push({ name, missing: found.missing ?? 'it is not there' });
  };
  add('py-spy', missing === undefined ? findPySpy(program('py-spy')) : { missing });
  add('austin', missing === undefined ? findAustin(program('austin')) : { missing });
  const own = interpreters.find(({ minor, freeThreaded }) => minor === 15 && !freeThreaded);
  add(
    'profiling.sampling',
    own === undefined ? { missing: 'there is no CPython 3.15' } : { tool: cpythonsOwn(own) },
  );
  return { tools, seen, readers };
}

/** @param {string} program */
function findPySpy(program) {
  const { said, reason } = asked([program, '--version']);
  return said === undefined ? { missing: reason } : { tool: pySpy(program, said.replace(/^py-spy /, '')) };
}

/**
 * Its binary needs a newer C library than many machines have (4.0.0: glibc 2.38): where it does not run by itself it is
 * run by the newer root's own loader.
 *
 * @param {string} program
 */
function findAustin(program) {
  const alone = asked([program, '--version']);
  const library = join(sidRoot, 'usr/lib/x86_64-linux-gnu');
  const newer = existsSync(library)
    ? [join(sidRoot, 'lib64/ld-linux-x86-64.so.2'), '--library-path', library]
    : [];
  const { said, reason } =
    alone.said !== undefined || newer.length === 0 ? alone : asked([...newer, program, '--version']);
  if (said === undefined) return { missing: reason };
  const here = alone.said === undefined ? newer : [];
  return {
    tool: austin(program, said.replace(/^austin /, ''), (root) => (root === '/' ? here : ['chroot', root])),
  };
}
