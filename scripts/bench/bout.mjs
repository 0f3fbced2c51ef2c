import { startTarget } from './targets.mjs';

/**
 * What every section is given.
 *
 * @typedef {object} Bench
 * @property {boolean} quick
 * @property {number} rounds
 * @property {readonly import('./tools/tool.mjs').Tool[]} tools
 * @property {readonly import('../interpreters/find.mjs').Interpreter[]} interpreters
 *
 * A profiler and an interpreter that it profiles.
 *
 * @typedef {object} Bout
 * @property {string} name as in "heavyops on 3.14"
 * @property {import('./tools/tool.mjs').Tool} tool
 * @property {import('../interpreters/find.mjs').Interpreter} interpreter
 */

/** The versions to compare on: the newest that most rivals know, and the one that has a profiler of its own. */
const minors = [14, 15];

/**
 * Each rival on the first of those versions that it knows, and heavyops, with each of its readers, on every version that
 * then is in use.
 *
 * @param {Bench} bench
 * @param {import('./results.mjs').TableBuilder} table is told who is left out
 * @returns {readonly Bout[]}
 */
export function bouts({ tools, interpreters }, table) {
  const usual = minors.flatMap(
    (minor) => interpreters.find((one) => one.minor === minor && !one.freeThreaded) ?? [],
  );
  /** @type {Bout[]} */
  const rivals = [];
  for (const tool of tools.filter(({ kind }) => kind === 'rival')) {
    const interpreter = usual.find((one) => tool.refuses(one) === undefined);
    if (interpreter !== undefined) rivals.push(bout(tool, interpreter));
    else
      table.remark(
        `${tool.name} is missing: ${usual.map((one) => tool.refuses(one)).join('; ') || 'no CPython 3.14 or 3.15'}.`,
      );
  }
  const used = usual.filter(
    (one) => rivals.length === 0 || rivals.some(({ interpreter }) => interpreter === one),
  );
  const ours = tools
    .filter(({ kind }) => kind === 'ours' || kind === 'variant')
    .flatMap((tool) => used.map((one) => bout(tool, one)));
  return [...ours, ...rivals];
}

/** @param {import('./tools/tool.mjs').Tool} tool @param {import('../interpreters/find.mjs').Interpreter} interpreter @returns {Bout} */
export function bout(tool, interpreter) {
  return { name: `${tool.name} on 3.${interpreter.minor}`, tool, interpreter };
}

/**
 * Calls back for each of some bouts with a target of its interpreter, which the bouts of one interpreter share. Each
 * round begins with another one, so that no one always comes first.
 *
 * @param {readonly Bout[]} all
 * @param {number} round
 * @param {string} program
 * @param {Parameters<typeof startTarget>[2]} args
 * @param {(bout: Bout, target: import('./targets.mjs').Target) => Promise<void>} use
 */
export async function eachWithTarget(all, round, program, args, use) {
  const interpreters = turned([...new Set(all.map(({ interpreter }) => interpreter))], round);
  for (const interpreter of interpreters) {
    const target = await startTarget(interpreter, program, args);
    try {
      for (const one of turned(
        all.filter((other) => other.interpreter === interpreter),
        round,
      ))
        await use(one, target);
    } finally {
      await target.stop();
    }
  }
}

/** @template T @param {readonly T[]} list @param {number} by @returns {readonly T[]} */
function turned(list, by) {
  const from = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(from), ...list.slice(0, from)];
}

/** A run that fails is told, and has no value. @param {import('./results.mjs').TableBuilder} table @param {string} what @param {() => Promise<void>} run */
export async function attempt(table, what, run) {
  try {
    await run();
  } catch (error) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: some colour their words
    const said = (error instanceof Error ? error.message : String(error)).replaceAll(/\x1b\[[\d;]*m/g, '');
    table.remark(`${what}: ${said.trim().split('\n').slice(0, 3).join(' ').slice(0, 300)}`);
  }
}
