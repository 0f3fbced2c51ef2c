import type { StackOracle } from './oracle.js';

/** What is known of every stack of a program of test/targets/. */
export type KnownStacks = Pick<StackOracle, 'isReal' | 'occurring'>;

/** chains.py */
export const chains = knownSet(
  ['main', 'main>a1', 'main>a1>b1', 'main>a1>b1>c1', 'main>a2', 'main>a2>b2', 'main>a2>b2>c2'].map(
    (chain) => `<module>>${chain}`,
  ),
);

const families =
  'property item missing sort map raise create operator enter iterate spread bound partial'.split(' ');

/** calls.py */
export const calls: KnownStacks = {
  isReal: (stack) => /^<module>(>main(>iterate1>__iter__|>(\w+)1(>\3(2)(>\3(3))?)?)?)?$/.test(stack),
  occurring: families
    .flatMap((family) => [`${family}1`, `${family}1>${family}2`, `${family}1>${family}2>${family}3`])
    .map((level) => `<module>>main>${level}`),
};

const levels = ['outer', 'middle', 'inner', 'leaf'];

/** generators.py */
export const generators = knownSet(
  ['1', '2'].flatMap((digit) =>
    levels.map((_, depth) =>
      ['<module>>main', ...levels.slice(0, depth + 1).map((name) => name + digit)].join('>'),
    ),
  ),
  ['<module>', '<module>>main', '<module>>main>outer2>middle2>inner2>__await__'],
);

/** @param seldom stacks that are real, but need not be seen */
function knownSet(occurring: readonly string[], seldom: readonly string[] = []): KnownStacks {
  const real = new Set([...occurring, ...seldom]);
  return { isReal: (stack) => real.has(stack), occurring };
}
