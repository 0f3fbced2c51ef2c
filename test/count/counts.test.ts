import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trackedInstructions, usualInstructions } from '../../src/count/names.js';
import { formerNames, formsBeside } from '../../src/count/renamed.js';
import { opcodeTable } from '../../src/python/opcodes.js';
import { countsText } from '../../src/terminal/counts.js';

test('the report has a column of eight for counts, and a wider one where they need it', () => {
  const row = {
    instruction: 'LOAD_DEREF',
    file: '/srv/app.py',
    line: 3,
    function: 'f',
    qualname: 'f',
    offset: 2,
  };
  const text = (count: number) =>
    countsText(
      {
        tracked: count,
        total: count,
        instructions: [{ instruction: 'LOAD_DEREF', count }],
        locations: [{ ...row, count }],
      },
      { rows: 20, directory: '/srv' },
    );
  assert.equal(
    text(2000),
    `2,000 / 2,000 tracked instructions

COUNT    | INSTRUCTION
--------------------------------------------------
   2,000 | LOAD_DEREF

COUNT    | LOCATION
--------------------------------------------------
   2,000 | app.py:3 f LOAD_DEREF
`,
  );
  assert.match(text(123_456_789), /^COUNT {7}\| LOCATION\n-{50}\n123,456,789 \| app\.py:3 f LOAD_DEREF$/m);
});

test('the usual instructions are there in every version that can be counted', () => {
  for (let minor = 7; minor <= 15; minor++) {
    assert.deepEqual(trackedInstructions(minor, []), { names: usualInstructions, remarks: [] });
  }
});

test('a name has what stands for it in another version, and what does a part of its work', () => {
  const table = (minor: number) => opcodeTable({ major: 3, minor });
  assert.match(formerNames(table(11), 'BINARY_ADD') ?? '', /BINARY_OP/);
  assert.match(formerNames(table(10), 'BINARY_OP') ?? '', /BINARY_ADD/);
  assert.match(formerNames(table(13), 'CALL_FUNCTION') ?? '', /CALL/);
  assert.equal(formerNames(table(13), 'NO_SUCH_THING'), undefined);
  assert.ok(formsBeside(table(13).names(), 'LOAD_FAST').includes('LOAD_FAST_LOAD_FAST'));
  assert.match(trackedInstructions(14, ['load_fast']).remarks[0] ?? '', /LOAD_FAST_BORROW/);
});
