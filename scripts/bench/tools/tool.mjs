/**
 * A profiler as the bench runs it: with its best settings for the same work, non-blocking unless asked otherwise,
 * every thread, whole stacks, into a file.
 *
 * @typedef {object} Tool
 * @property {string} name
 * @property {import('../results.mjs').Kind} kind
 * @property {string} version
 * @property {(interpreter: import('../../interpreters/find.mjs').Interpreter) => string | undefined} refuses why it cannot profile this one
 * @property {string} [cannotBlock] why it has no blocking mode
 * @property {(job: Job) => readonly string[]} command
 * @property {readonly number[]} [goodCodes] exit codes of a run that went well; else 0
 * @property {RegExp} [began] its output matches when it samples; without it the tool ends by itself after `seconds`
 * @property {(job: Job, seen: Seen) => Promise<Counted>} counted
 * @property {(target: import('../targets.mjs').Target) => readonly string[]} dump one look at every thread
 *
 * @typedef {object} Job
 * @property {import('../targets.mjs').Target} target
 * @property {number} rate ticks a second; Infinity: as fast as it goes
 * @property {number} seconds
 * @property {number} [frames] how deep the deepest stack is, where that is much
 * @property {boolean} [blocking]
 * @property {string} output a name in the target's folder
 * @property {number} [processor] the only one that it may run on
 *
 * @typedef {object} Seen
 * @property {string} output what it printed
 * @property {number} seconds from when it said that it samples to its interruption; 0 where it ends by itself
 *
 * @typedef {object} Counted
 * @property {number} samples stacks that it counted as good
 * @property {number} [ticks] how often it looked at the target, where it says so: one that samples threads apart, or leaves those
 *   out that rest, has not one stack of each thread for it
 * @property {number} seconds that it sampled
 * @property {number} failed samples that it dropped or could not read, as far as it says so
 * @property {import('./collapsed.mjs').Stacks} stacks
 */
export {};
