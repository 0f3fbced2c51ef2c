import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Script } from 'node:vm';
import { bundled } from '../../src/export/html/bundle.js';
import type { ReportData } from '../../src/export/html/page/data.js';
import { html } from '../../src/export/html.js';
import { defaultView, type View, viewOfWaits } from '../../src/profile/view.js';
import { smallProfile } from '../helpers/profiles.js';
import { reportProfile } from '../helpers/report-profile.js';

const sources = new URL('../../../src/export/html/page/', import.meta.url);
const files = readdirSync(sources).map(
  (name) => [name, readFileSync(new URL(name, sources), 'utf8')] as const,
);

function dataOf(profile = reportProfile(), view: View = defaultView): ReportData {
  const page = [...html.write(profile, view)].join('');
  const [, text = ''] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page) ?? [];
  return JSON.parse(text) as ReportData;
}

test('the page imports only its own modules and what knows nothing of profiling; of others, types', () => {
  assert.ok(files.length > 10);
  for (const [name, text] of files) {
    for (const [, from = ''] of text.matchAll(/^(?:import|export) (?!type\b)[^;]*? from '([^']+)'/gm)) {
      assert.match(from, /^(\.\/[\w-]+|\.\.\/\.\.\/\.\.\/lib\/[\w-]+)\.js$/, name);
    }
  }
});

test('the modules of the page are of the form that becomes one script', () => {
  const script = bundled(new URL('../../src/export/html/page/main.js', import.meta.url));
  assert.doesNotMatch(script, /^\s*(import|export)\b/m);
  assert.ok(new Script(script) instanceof Script, 'it can be parsed');
  const imported = files.filter(([, text]) => /^export (?:async )?(?:function|const|class)/m.test(text));
  for (const [name, text] of imported) {
    for (const [, , declared = ''] of text.matchAll(/^export (?:async )?(function|const|class) (\w+)/gm)) {
      assert.ok(script.includes(declared), `${name}: ${declared}`);
    }
    assert.doesNotMatch(text, /^export (?:let|default|\*|\{(?! type))/m, name);
  }
});

test('nothing from the program can end the script that it stands in', () => {
  const page = [...html.write(reportProfile(), defaultView)].join('');
  assert.equal(page.match(/<\/script/g)?.length, 2);
  assert.ok(!page.includes('<b>'));
});

test('a page has all samples that can be read, and those of a file or instruction where that is asked for', () => {
  assert.equal(dataOf().samples.length, 8);
  assert.equal(dataOf(smallProfile()).samples.length, 6, 'one could not be read');
  const filtered = (filter: View['filter']) => dataOf(reportProfile(), { ...defaultView, filter });
  assert.equal(filtered({ file: 'gone.py' }).samples.length, 4);
  assert.deepEqual(filtered({ file: 'gone.py' }).notes.slice(0, 1), [
    'Only samples in files that match gone.py.',
  ]);
  assert.equal(filtered({ instructions: ['BINARY_OP'] }).samples.length, 2);
});

test('how a page begins is told by the options', () => {
  const begun = (view: Partial<View>) => dataOf(reportProfile(), { ...defaultView, ...view }).initial;
  const usual = { counts: 'ran', byLine: true, instructions: false, threads: false };
  assert.deepEqual(begun({}), usual);
  assert.deepEqual(begun({ granularity: 'function' }), { ...usual, byLine: false });
  assert.deepEqual(begun({ lineNumbers: false }), { ...usual, byLine: false });
  assert.deepEqual(begun({ opcodes: true, threads: true }), { ...usual, instructions: true, threads: true });
  assert.deepEqual(begun({ filter: { idle: true } }), { ...usual, counts: 'all' });
  assert.deepEqual(begun({ filter: { gil: true } }), { ...usual, counts: 'gil' });
  assert.deepEqual(begun(viewOfWaits(defaultView)), { ...usual, counts: 'waits' });
});

test('a version that specialises nothing is told as such', () => {
  assert.equal(dataOf(smallProfile()).specialises, false);
  assert.equal(dataOf().specialises, true);
});

test('types that looks at operands found stand beside the argument', () => {
  const profile = reportProfile();
  const code = profile.codeNames?.[0]?.code ?? -1;
  const types = [
    { name: '', base: '', traits: [] },
    { name: 'app.Price\u202e', base: '', traits: [] },
  ];
  const seen = [{ types, looks: 40 }];
  const looked = { code, offset: 46, operands: ['', 'value'], looks: 40, changes: 0, seen };
  const { texts } = dataOf({ ...profile, operandTypes: [looked] });
  assert.ok(texts.includes('+; value is app.Price\\u202e'), texts.join('\n'));
  assert.ok(!dataOf().texts.some((text) => text.includes('value is')));
});
