import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../src/advice/finding.js';
import { oneOfEach, type Recorded, recordedFindings } from '../helpers/findings.js';
import { type Interpreter, label } from '../helpers/interpreters.js';

interface Expected {
  readonly kind: Finding['kind'];
  readonly what: RegExp;
  /** What the looks have shown. */
  readonly evidence: RegExp;
}

/** What is found in the first of each pair of test/targets/advice_types.py and advice_numbers.py. */
const expected: Readonly<Record<string, Expected>> = {
  classes: {
    kind: 'several-classes',
    what: /^attributes of "shape", which is of several classes/,
    evidence: /"shape" was of type __main__\.(Circle|Square) \d+ times, __main__\.(Circle|Square) \d+ times;/,
  },
  stores: {
    kind: 'several-classes',
    what: /^attributes of "shape", which is of several classes/,
    evidence:
      /a form of STORE_ATTR \(at \d+, \d+\) fits one class alone, and the cache was another nearly each time$/,
  },
  methods: {
    kind: 'several-classes',
    what: /^attributes of "(shape|self)", which is of several classes/,
    evidence: /"(shape|self)" was of type __main__\.(Circle|Square) \d+ times,/,
  },
  sequences: {
    kind: 'several-classes',
    what: /^"pair", which is of several types, is unpacked$/,
    evidence: /"pair" was of type (list|tuple) \d+ times, (list|tuple) \d+ times; a form of UNPACK_SEQUENCE/,
  },
  stored: {
    kind: 'container-type',
    what: /^a store into "table" is hot and not specialised$/,
    evidence: /although there is one for a dict; .*"table" was of type collections\.OrderedDict each time$/,
  },
  mixed: {
    kind: 'mixed-numbers',
    what: /^BINARY_OP \(\*\) is hot and meets an int and a float$/,
    evidence: /"factor" was of type int each time, and .*"value" was of type float each time$/,
  },
  compared: {
    kind: 'mixed-numbers',
    what: /^COMPARE_OP \(.*<.*\) is hot and meets an int and a float$/,
    evidence: /"low" was of type int each time/,
  },
  decimal: {
    kind: 'number-type',
    what: /^BINARY_OP \([-+]\) is hot and meets decimal\.Decimal, for which there is no form$/,
    evidence: /"(total|price)" was of type decimal\.Decimal each time$/,
  },
  fraction: {
    kind: 'number-type',
    what: /meets fractions\.Fraction, for which there is no form$/,
    evidence: /"half" was of type fractions\.Fraction each time$/,
  },
  flags: {
    kind: 'number-type',
    what: /meets bool, for which there is no form$/,
    evidence: /"flag" was of type bool each time$/,
  },
  level: {
    kind: 'number-type',
    what: /^COMPARE_OP \(.*<.*\) is hot and meets __main__\.Level, for which/,
    evidence: /"level" was of type __main__\.Level each time$/,
  },
  state: {
    kind: 'identity',
    what: /compares members of an Enum$/,
    evidence: /"state" was of type __main__\.State each time, which has no __eq__ of its own$/,
  },
  none: { kind: 'identity', what: /compares with None$/, evidence: /"value" was of type int each time/ },
  array: {
    kind: 'container-type',
    what: /^a subscript of "values" is hot and not specialised$/,
    evidence: /although there is one for a list; .*"values" was of type array\.array each time$/,
  },
  deque: {
    kind: 'container-type',
    what: /^a subscript of "values" is hot/,
    evidence: /"values" was of type collections\.deque each time$/,
  },
  items: {
    kind: 'container-type',
    what: /^a subscript of "point" is hot/,
    evidence: /although there is one for a tuple; .*"point" was of type __main__\.Point each time$/,
  },
  unpack: {
    kind: 'container-type',
    what: /^an unpacking of "point" is hot/,
    evidence: /"point" was of type __main__\.Point each time$/,
  },
  fields: {
    kind: 'tuple-field',
    what: /^fields of the named tuple "point" are looked up by name$/,
    evidence: /"point" was of type __main__\.Point each time, whose fields are descriptors$/,
  },
  dynamic: {
    kind: 'dynamic-attribute',
    what: /^"options\.depth" runs a method of its class: __getattr__$/,
    evidence: /"options" was of type __main__\.Options each time, which has no "depth" of its own/,
  },
  setter: {
    kind: 'dynamic-attribute',
    what: /^"gauge\.value" runs a method of its class: a setter$/,
    evidence: /in whose class "value" is a property$/,
  },
  partial: {
    kind: 'callable-object',
    what: /^"triple", which is a functools\.partial, is called$/,
    evidence: /"triple" was of type functools\.partial each time$/,
  },
  getter: {
    kind: 'callable-object',
    what: /^"second", which is an operator\.itemgetter, is called$/,
    evidence: /each time$/,
  },
  callable: {
    kind: 'callable-object',
    what: /^"scaled", which is an object with __call__, is called$/,
    evidence: /"scaled" was of type __main__\.Scaled each time$/,
  },
  listed: {
    kind: 'searched-list',
    what: /^"allowed" is searched from its beginning/,
    evidence: /"allowed" was of type list each time, with 8 or more values in it$/,
  },
  truth: {
    kind: 'truth-method',
    what: /^whether "queue" is true is asked of its __len__$/,
    evidence: /"queue" was of type __main__\.Queue each time$/,
  },
};

const ofNumbers = ['mixed', 'compared', 'decimal', 'fraction', 'flags', 'level', 'state', 'none'];

const kinds = new Set(Object.values(expected).map(({ kind }) => kind));

/** Findings of these kinds, and those of numbers in the code, which looks bear out or not. */
function ofTypes({ findings }: Recorded): readonly Finding[] {
  return findings.filter(({ kind }) => kinds.has(kind) || kind === 'general');
}

/** From 3.14 on there is a form for sums of an int and a float; to 3.12 no instruction asks what is true. */
function occursIn({ minor }: Interpreter, name: string): boolean {
  if (name === 'mixed') return minor <= 13;
  return name !== 'truth' || minor >= 13;
}

/** Looks in which something would have been seen. */
const enoughLooks = 30;

function isLookedAt({ profile }: Recorded): boolean {
  return profile.operandTypes?.some(({ looks }) => looks >= enoughLooks) === true;
}

function wasLookedAt({ profile }: Recorded): boolean {
  return profile.operandTypes !== undefined;
}

for (const interpreter of oneOfEach([11, 12, 13, 14, 15])) {
  for (const [name, { kind, what, evidence }] of Object.entries(expected)) {
    if (!occursIn(interpreter, name)) continue;
    test(`on ${label(interpreter)} what types cost is found before a change (${name}), and nothing after it`, async (t) => {
      const isFound = (recorded: Recorded) => ofTypes(recorded).some((one) => one.kind === kind);
      const program = ofNumbers.includes(name) ? 'advice_numbers.py' : 'advice_types.py';
      const before = await recordedFindings(t, interpreter, program, [name, 'before'], isFound);
      const found = ofTypes(before);
      const shown = JSON.stringify([found, before.profile.operandTypes], undefined, 1);
      assert.ok(
        found.some((one) => one.kind === kind && what.test(one.what) && evidence.test(one.evidence)),
        shown,
      );
      assert.deepEqual([...new Set(found.map((one) => one.kind))], [kind], shown);
      for (const { share, samples, line } of found) {
        assert.ok(share >= 0.02 && share <= 1 && samples >= 20 && line > 0, shown);
      }
      const after = await recordedFindings(t, interpreter, program, [name, 'after']);
      assert.deepEqual(ofTypes(after), []);
    });
  }

  for (const name of ['attributes', 'phases', 'numbers', 'compared', 'containers', 'calls']) {
    test(`on ${label(interpreter)} types give no finding where a change would be wrong, or for nothing (${name})`, async (t) => {
      const recorded = await recordedFindings(t, interpreter, 'advice_types_none.py', [name], isLookedAt);
      assert.ok(isLookedAt(recorded), JSON.stringify(recorded.profile.operandTypes));
      assert.deepEqual(ofTypes(recorded), []);
    });
  }

  for (const processor of ['auto', 'other'] as const) {
    test(`on ${label(interpreter)} a look never shows a type that a variable has not (processor ${processor})`, async (t) => {
      // From another processor most looks can be of more than one instant.
      const isEnough = processor === 'auto' ? isLookedAt : wasLookedAt;
      const { profile } = await recordedFindings(t, interpreter, 'looks.py', [], isEnough, { processor });
      const rows = (profile.operandTypes ?? []).filter(({ operands }) =>
        operands.some((one) => one.includes('_')),
      );
      if (processor === 'auto') assert.ok(rows.length > 0 && isLookedAt({ profile, findings: [] }));
      for (const { operands, seen } of rows) {
        for (const { types } of seen) {
          operands.forEach((variable, position) => {
            const wanted = { a_decimal: 'decimal.Decimal', an_int: 'int', a_float: 'float' }[variable];
            if (wanted !== undefined) assert.equal(types[position]?.name, wanted, JSON.stringify(rows));
          });
        }
      }
    });
  }
}
