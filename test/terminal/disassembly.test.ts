import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codesNamed, codeTimes } from '../../src/profile/code-times.js';
import { Listings } from '../../src/profile/listing.js';
import type { Profile } from '../../src/profile/profile.js';
import { disassemblyText } from '../../src/terminal/disassembly.js';
import { reportProfile } from '../helpers/report-profile.js';

function textOf(profile: Profile, name: string, columns = 100, colour = false): string {
  const [code = -1] = codesNamed(profile, name);
  const listed = new Listings(profile).of(code);
  return disassemblyText(profile, codeTimes(profile, {}, code), listed, { columns, colour });
}

test('instructions stand under their source lines, with shares, jump targets and what became of them', () => {
  assert.equal(
    textOf(reportProfile(), 'summed'),
    `\
/srv/app/app.py:1 summed
90.0 % of the time in it, 90.0 % with what it calls

  SHARE      OFFSET  INSTRUCTION             ARGUMENT        STATE
(no line)
 10.0 %           0  MAKE_CELL               2 (value)
1  def summed(values):
                  2  RESUME_CHECK            0               from RESUME
2      total = 1
                  4  LOAD_CONST              1 (1)
                  6  STORE_FAST              1 (total)
3      for value in values:
                  8  LOAD_FAST               0 (values)
                 10  GET_ITER
         >>      12  FOR_ITER_LIST           20 (to 56)      from FOR_ITER
                 16  STORE_FAST              2 (value)
4          total = len('ü') * total + value
                 18  LOAD_GLOBAL_BUILTIN     1 (len + NULL)  from LOAD_GLOBAL
                 28  LOAD_CONST              2 ('ü')
 20.0 %          30  CALL_LEN                1               from CALL
                 38  LOAD_FAST               1 (total)
 20.0 %          40  BINARY_OP_MULTIPLY_INT  5 (*)           from BINARY_OP
                 44  LOAD_FAST               2 (value)
 40.0 %          46  BINARY_OP               0 (+)           not specialised
                 50  STORE_FAST              1 (total)
                 52  JUMP_BACKWARD           22 (to 12)
5      return total
         >>      56  LOAD_FAST               1 (total)
                 58  RETURN_VALUE
`,
  );
});

test('without source text lines have their numbers alone, and without names arguments are numbers', () => {
  const { sources: _, codeNames: __, ...bare } = reportProfile();
  const text = textOf(bare, 'summed');
  assert.match(text, /^4\n {17}18 {2}LOAD_GLOBAL_BUILTIN {5}1 +from LOAD_GLOBAL$/m);
});

test('a form other than the one that stands there is told with its share', () => {
  const profile = reportProfile();
  const opcodes = profile.opcodes.map((one) =>
    one.name === 'CALL_LEN' ? { name: 'CALL', base: 'CALL' } : one,
  );
  assert.match(textOf({ ...profile, opcodes }, 'summed'), /CALL_LEN +1 +from CALL, 100\.0 % as CALL$/m);
});

test('on a terminal states have colours, and what would act on it is escaped', () => {
  const profile = reportProfile();
  const sources = profile.sources?.map((one) => ({
    ...one,
    text: one.text.replace('total = 1', 'total = 1 # \u001b[2J'),
  }));
  const text = textOf({ ...profile, ...(sources && { sources }) }, 'summed', 100, true);
  assert.ok(text.includes('\u001b[32mBINARY_OP_MULTIPLY_INT\u001b[0m'));
  assert.ok(text.includes('\u001b[33mBINARY_OP             \u001b[0m'));
  assert.ok(text.includes('# \\x1b[2J'));
});

test('types that looks at its operands found are told', () => {
  const profile = reportProfile();
  const [code = -1] = codesNamed(profile, 'summed');
  const type = (name: string) => ({ name, base: '', traits: [] });
  const seen = [
    { types: [type(''), type('app.Price')], looks: 21 },
    { types: [type(''), type('float')], looks: 19 },
  ];
  const looked = { code, offset: 46, operands: ['', 'value'], looks: 40, changes: 0 };
  const of = (found: typeof seen) =>
    textOf({ ...profile, operandTypes: [{ ...looked, seen: found }] }, 'summed');
  assert.match(of(seen), / not specialised, value is app\.Price \(21 of 40 looks\) or float \(19\)$/m);
  assert.match(of(seen.slice(0, 1)), / not specialised, value is app\.Price$/m);
});
