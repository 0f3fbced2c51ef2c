import type { ListedInstruction } from '../profile/listing.js';
import type { Finding } from './finding.js';
import { type HotCode, nameIn } from './hot-code.js';

/** Functions that a hot loop makes anew in each round. */
export function functionsInLoops(code: HotCode): readonly Finding[] {
  const { instructions } = code;
  return instructions.flatMap((one, index) => {
    if (one.base !== 'MAKE_FUNCTION' || !code.isInLoop(one)) return [];
    if (!instructions.slice(Math.max(0, index - 2), index).some(isOfFunction)) return [];
    const attributes = instructions.slice(index + 1, index + 4);
    const after = attributes.findIndex(({ base }) => base !== 'SET_FUNCTION_ATTRIBUTE');
    const store = attributes[after];
    // What stores it frees that of the round before.
    const all = [one, ...attributes.slice(0, Math.max(after, 0)), ...(store && stores(store) ? [store] : [])];
    return (
      code.finding(all, {
        at: one,
        kind: 'function-in-loop',
        what: 'a function is made anew in each round of a loop',
        evidence: `MAKE_FUNCTION at ${one.offset} lies between a jump back and where it leads to`,
        change:
          'Make it once, before the loop. A lambda that uses the loop’s own variable can take it as an argument.',
      }) ?? []
    );
  });
}

function stores({ base }: ListedInstruction): boolean {
  return base.startsWith('STORE_FAST');
}

/** A comprehension or generator expression cannot be made elsewhere than where it stands. */
function isOfFunction({ base, text }: ListedInstruction): boolean {
  return (
    base === 'LOAD_CONST' &&
    /^<code object /.test(text) &&
    !/^<code object <(listcomp|setcomp|dictcomp|genexpr)>/.test(text)
  );
}

/** Globals and builtins that are looked up in each round of a hot loop, and that the function itself does not set. */
export function globalsInLoops(code: HotCode): readonly Finding[] {
  const isLoad = /^LOAD_GLOBAL$/;
  const set = new Set(
    code.instructions.filter(({ base }) => /^(STORE|DELETE)_GLOBAL$/.test(base)).map(nameIn),
  );
  const loads = code.instructions.filter(
    (one) => isLoad.test(one.base) && one.text !== '' && code.isInLoop(one) && !set.has(nameIn(one)),
  );
  const names = [...new Set(loads.map(nameIn))];
  return names.flatMap((name) => {
    const places = loads.filter((one) => nameIn(one) === name);
    const builtin = places.some((one) => one.name === 'LOAD_GLOBAL_BUILTIN');
    return (
      code.finding(places, {
        kind: 'global-in-loop',
        what: `the ${builtin ? 'builtin' : 'global'} "${name}" is looked up in each round of a loop`,
        evidence: `LOAD_GLOBAL stands ${places.length === 1 ? 'once' : `${places.length} times`} between a jump back and where it leads to`,
        change: `Put it into a local variable before the loop, where nothing else sets it meanwhile.`,
      }) ?? []
    );
  });
}
