import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flamegraph } from '../../src/export/flamegraph.js';
import { layout } from '../../src/export/flamegraph-layout.js';
import {
  boxOnScreen,
  fittedText,
  flamegraphScript,
  matchedWeight,
} from '../../src/export/flamegraph-script.js';
import { callTree } from '../../src/profile/tree.js';
import { defaultView, viewOfWaits } from '../../src/profile/view.js';
import { assertGolden } from '../helpers/golden.js';
import { deepProfile, smallProfile, waitingProfile, wideProfile } from '../helpers/profiles.js';

const written = (profile = smallProfile(), view = defaultView) =>
  [...flamegraph.write(profile, view)].join('');

const withoutScriptAndStyle = (picture: string) =>
  picture.replace(/<!\[CDATA\[.*\]\]>/s, '').replace(/<style>.*<\/style>/s, '<style></style>');

test('the flame graph is as it has always been, its script and style aside', () => {
  const picture = written(smallProfile(), { ...defaultView, opcodes: true, threads: true });
  assertGolden('small.svg', withoutScriptAndStyle(picture));
});

test('a flame graph of waits says so, is as wide as they are long, and counts no samples', () => {
  const picture = withoutScriptAndStyle(written(waitingProfile(), viewOfWaits(defaultView)));
  assertGolden('waits.svg', picture);
  assert.match(picture, /<title>heavyops: where it waits: python3 app\.py/);
  assert.match(picture, /waits of 1\.0 ms and more/);
  assert.match(picture, /<title>\[I\/O\]: 54\.6 % \(40\.0 ms\)<\/title>/);
  assert.doesNotMatch(picture, /sample/);
  assert.match(written(smallProfile(), viewOfWaits(defaultView)), /No waits\./);
});

test('the picture stands alone: nothing is loaded, nothing runs from an attribute', () => {
  const picture = written();
  assert.doesNotMatch(picture, /\s(href|src|on\w+)\s*=\s*["']/i);
  assert.doesNotMatch(picture, /url\(|@import/);
  assert.deepEqual([...new Set(picture.match(/https?:[^"' )]+/g))].sort(), [
    'http://www.w3.org/1999/xhtml',
    'http://www.w3.org/2000/svg',
  ]);
});

test('names of the target are escaped wherever they stand', () => {
  const small = smallProfile();
  const hostile = '</title><script>alert(1)</script>"\'&\u001b]0;\u202e]]>';
  const target = { ...small.meta.target, command: [hostile] };
  const profile = {
    ...small,
    meta: { ...small.meta, target },
    strings: small.strings.map((text) => (text === 'work' ? hostile : text)),
    threads: small.threads.map((thread) => ({ ...thread, name: hostile })),
  };
  const picture = written(profile, { ...defaultView, threads: true });
  assert.equal(picture.match(/<script>/g)?.length, 1);
  assert.ok(!picture.includes('alert(1)</script>'));
  assert.ok(picture.includes('&lt;script&gt;alert(1)'));
  assert.equal(picture.match(/\]\]>/g)?.length, 1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  assert.doesNotMatch(picture, /[\u0000-\u0009\u000b-\u001f\u202e]/);
});

test('elements open and close in pairs', () => {
  const picture = written(wideProfile(50)).replace(/<!\[CDATA\[.*\]\]>/s, '');
  const open: string[] = [];
  for (const [, close, name, self] of picture.matchAll(/<(\/?)([a-zA-Z]+)[^>]*?(\/?)>/g)) {
    if (close === '/') {
      assert.equal(open.pop(), name);
    } else if (self !== '/') {
      open.push(name ?? '');
    }
  }
  assert.deepEqual(open, []);
});

test('callees lie within their caller, beside each other, in alphabetical order', () => {
  const { boxes } = layout(callTree(smallProfile(), defaultView));
  assert.deepEqual(
    boxes.map(({ text, depth, x, weight }) => [text.slice(0, 8), depth, x / 1e6, weight / 1e6]),
    [
      ['all', 0, 0, 21],
      ['<module>', 1, 0, 21],
      ['work (/s', 2, 0, 13],
      ['work (/s', 2, 13, 8],
      ['tidy; 整理', 3, 13, 3],
    ].map(([text, ...rest]) => [String(text).slice(0, 8), ...rest]),
  );
});

test('of 60,000 frames the widest 20,000 at most are drawn, and the picture says what is left out', () => {
  const { boxes, omitted } = layout(callTree(wideProfile(60_000), defaultView));
  assert.ok(boxes.length <= 20_000);
  assert.equal(omitted + boxes.slice(2).reduce((sum, box) => sum + box.weight, 0), boxes[0]?.weight);
  assert.match(written(wideProfile(60_000)), /left out: \d+\.\d % of the time/);
  assert.doesNotMatch(written(), /left out:/);
});

test('a profile without samples and one 3,000 deep are pictures too', () => {
  assert.match(
    written(smallProfile(), { ...defaultView, filter: { instructions: ['NOP'] } }),
    /No samples\./,
  );
  assert.equal(written(deepProfile(3000)).match(/<g /g)?.length, 3001);
});

test('zooming stretches a frame over the width, with its callers whole and its neighbours gone', () => {
  const zoomed = { x: 50, weight: 20, depth: 2 };
  assert.deepEqual(boxOnScreen(zoomed, zoomed), { left: 0, width: 100, below: false });
  assert.deepEqual(boxOnScreen({ x: 0, weight: 100, depth: 0 }, zoomed), {
    left: 0,
    width: 100,
    below: true,
  });
  assert.deepEqual(boxOnScreen({ x: 55, weight: 10, depth: 3 }, zoomed), {
    left: 25,
    width: 50,
    below: false,
  });
  assert.equal(boxOnScreen({ x: 0, weight: 50, depth: 2 }, zoomed), undefined);
  assert.equal(boxOnScreen({ x: 70, weight: 30, depth: 1 }, zoomed), undefined);
  assert.equal(boxOnScreen({ x: 70, weight: 30, depth: 3 }, zoomed), undefined);
});

test('a text is cut to the columns of its frame', () => {
  assert.equal(fittedText('hot_func', 8), 'hot_func');
  assert.equal(fittedText('hot_func', 6), 'hot_..');
  assert.equal(fittedText('hot_func', 2), '');
  assert.equal(fittedText('整理整理', 6), '整理..');
});

test('the matched share counts a match inside a match once', () => {
  const boxes = [
    { x: 0, weight: 100, depth: 0 },
    { x: 0, weight: 60, depth: 1 },
    { x: 10, weight: 20, depth: 2 },
    { x: 60, weight: 40, depth: 1 },
    { x: 60, weight: 5, depth: 2 },
  ];
  const weight = (...matched: number[]) => matchedWeight(boxes, (index) => matched.includes(index));
  assert.deepEqual([weight(), weight(2), weight(1, 2), weight(2, 4), weight(0, 1, 4)], [0, 20, 60, 25, 100]);
});

test('the script stands on its own and cannot end its section', () => {
  assert.doesNotMatch(flamegraphScript(), /\]\]>|\bimport\b|\bexport\b/);
  assert.throws(() => new Function('document', 'window', flamegraphScript())(), /TypeError|Cannot read/);
});
