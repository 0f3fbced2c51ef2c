import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProgressLine, progressText } from '../../src/terminal/progress.js';

const status = { elapsed: 12.3e9, total: 60e9, samples: 12_290, rate: 999.6, errors: 1 };

class Written {
  text = '';
  readonly columns = 40;
  constructor(readonly isTTY: boolean) {}
  write(text: string) {
    this.text += text;
  }
}

test('the line tells time, samples, rate and errors', () => {
  assert.equal(progressText(status, 80), 'Sampling: 12.30 s of 1 min 00 s, 12,290 samples, 1,000/s, 1 error');
});

test('the line is cut to the width', () => {
  assert.equal(progressText(status, 20), 'Sampling: 12.30 s o…');
});

test('on a terminal the line is rewritten in place, and cleared once', () => {
  const stream = new Written(true);
  const line = new ProgressLine(stream);
  line.update(status);
  line.update(status);
  line.clear();
  line.clear();
  assert.equal(stream.text.split('\r').length, 4);
  assert.ok(!stream.text.includes('\n'));
  assert.ok(stream.text.endsWith('\r\u001b[K'));
});

test('on anything else nothing is written', () => {
  const stream = new Written(false);
  const line = new ProgressLine(stream);
  line.update(status);
  line.clear();
  assert.equal(stream.text, '');
});
