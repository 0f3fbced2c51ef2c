import { percent } from '../lib/quantities.js';
import type { CalleeTimes } from '../profile/callee-times.js';
import type { ListedInstruction } from '../profile/listing.js';
import type { Finding } from './finding.js';
import { type HotCode, nameIn, weightOf } from './hot-code.js';

/**
 * Calls in a loop of a function that is one short expression: to enter and leave it takes time that the expression
 * in place of the call does not. Only where the call is specialised, so that it is always this function (3.11+).
 */
export function tinyCalls(
  times: readonly CalleeTimes[],
  hot: ReadonlySet<number>,
  codeOf: (code: number) => HotCode,
  names: (code: number) => string,
): readonly Finding[] {
  const callees = new Map<string, number>();
  for (const one of times) callees.set(placeOf(one), (callees.get(placeOf(one)) ?? 0) + 1);
  return times.flatMap((called) => {
    if (!hot.has(called.callee) || callees.get(placeOf(called)) !== 1) return [];
    const caller = codeOf(called.caller);
    const call = caller.instructions.find(({ offset }) => offset === called.offset);
    if (call === undefined || !toPython.test(call.name) || !caller.isInLoop(call)) return [];
    const callee = codeOf(called.callee);
    if (!isExpression(callee) || (readsGlobals(callee) && callee.file !== caller.file)) return [];
    const frames = callee.instructions.filter(({ base }) => ofFrame.test(base));
    const inside = frames.flatMap(({ offset }) => called.instructions.get(offset) ?? []);
    const around = preparing(caller, call, names(called.callee));
    const own = around.flatMap((one) => caller.time(one) ?? []);
    const all = [...called.instructions.values()];
    const overhead = percent(weightOf([...own, ...inside]) / weightOf([...own, ...all]));
    const words = {
      at: call,
      kind: 'tiny-call',
      what: `${callee.function} is called in each round of a loop, and is one short expression`,
      evidence: `to call it, enter it and leave it (${basesOf([...around, ...frames])}) takes ${overhead} of the time that the call and it take together; every sample above this ${call.name} is in it`,
      change: 'Write its expression in place of the call.',
    } as const;
    if (caller.finding(around, { ...words, others: inside }) === undefined) return [];
    // Where an instruction waits for what one before it began, the time is its own: so all of it may go.
    return caller.finding(around, { ...words, others: all }) ?? [];
  });
}

function placeOf({ caller, offset }: CalleeTimes): string {
  return `${caller} ${offset}`;
}

/** Forms of calls that are of one Python function, checked before each (3.11+). */
const toPython = /^CALL_(KW_)?(PY|BOUND_METHOD)(_EXACT_ARGS|_GENERAL|_WITH_DEFAULTS)?$/;

/** No jump, no call, nothing set, and nothing that only the function itself can see. */
function isExpression({ instructions }: HotCode): boolean {
  const body = instructions.filter(({ base }) => !ofFrame.test(base) && base !== 'NOP');
  return (
    body.length > 0 && body.length <= mostInstructions && body.every(({ base }) => inExpression.test(base))
  );
}

const mostInstructions = 10;
const ofFrame = /^(RESUME|RETURN_VALUE|RETURN_CONST)$/;
const inExpression =
  /^(LOAD_(FAST(_BORROW)?(_LOAD_FAST(_BORROW)?)?|CONST|SMALL_INT|COMMON_CONSTANT|GLOBAL|ATTR)|BINARY_(OP|SUBSCR|SLICE)|COMPARE_OP|CONTAINS_OP|IS_OP|TO_BOOL|UNARY_\w+|BUILD_(TUPLE|LIST))$/;

function readsGlobals({ instructions }: HotCode): boolean {
  return instructions.some(({ base }) => base === 'LOAD_GLOBAL');
}

/** The call, and in its line what looks the function up and makes ready for it. */
function preparing(caller: HotCode, call: ListedInstruction, name: string): readonly ListedInstruction[] {
  return caller.instructions.filter(
    (one) =>
      one === call ||
      (one.line === call.line &&
        (/^(PRECALL|PUSH_NULL)$/.test(one.base) ||
          (/^LOAD_(GLOBAL|NAME|METHOD|ATTR|FAST(_BORROW)?|DEREF)$/.test(one.base) && nameIn(one) === name))),
  );
}

function basesOf(all: readonly ListedInstruction[]): string {
  return [...new Set(all.map(({ base }) => base))].join(', ');
}
