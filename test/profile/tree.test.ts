import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callTree, childrenOf } from '../../src/profile/tree.js';
import { defaultView, frameText, type View, type ViewFrame } from '../../src/profile/view.js';
import { contendedProfile, deepProfile, MILLISECOND, smallProfile } from '../helpers/profiles.js';

/** Each node as its depth in dots, its text, its own and its whole number of samples. */
function drawn(view: Partial<View>, profile = smallProfile()): string[] {
  const tree = callTree(profile, { ...defaultView, ...view });
  const depth: number[] = [];
  return Array.from({ length: tree.length }, (_, node) => {
    depth[node] = node === 0 ? 0 : (depth[tree.parent[node] ?? 0] ?? 0) + 1;
    const frame = tree.frames[tree.frame[node] ?? -1];
    const text = frame === undefined ? 'all' : frameText({ ...frame, file: frame.file.slice(-6, -3) });
    return `${'.'.repeat(depth[node] ?? 0)}${text} ${tree.selfCount[node]}/${tree.count[node]}`;
  });
}

test('a tree of lines adds up samples from the leaves to the root', () => {
  assert.deepEqual(drawn({}), [
    'all 0/21',
    '.<module> (app:20) 0/21',
    '..work (app:4) 13/13',
    '..work (app:5) 5/8',
    '...tidy; 整理 (1m&:9) 3/3',
  ]);
});

test('a tree of functions puts a frame at the first line of its function', () => {
  assert.deepEqual(drawn({ granularity: 'function' }), [
    'all 0/21',
    '.<module> (app:20) 0/21',
    '..work (app:3) 18/21',
    '...tidy; 整理 (1m&:9) 3/3',
  ]);
});

test('without line numbers frames differ by function and file alone', () => {
  assert.deepEqual(drawn({ lineNumbers: false }).slice(1, 3), ['.<module> (app) 0/21', '..work (app) 18/21']);
});

test('with opcodes the leaf instruction is a further frame, where it is known', () => {
  assert.deepEqual(drawn({ opcodes: true }).slice(2), [
    '..work (app:4) 1/13',
    '...BINARY_ADD 12/12',
    '..work (app:5) 0/8',
    '...LOAD_ATTR_SLOT 5/5',
    '...tidy; 整理 (1m&:9) 0/3',
    '....CALL_FUNCTION 3/3',
  ]);
});

test('with threads each thread is a frame at the root', () => {
  const nodes = drawn({ threads: true, granularity: 'function', filter: { idle: true } });
  assert.deepEqual(
    nodes.filter((node) => !node.startsWith('..')),
    ['all 0/25', '.thread (4242): MainThread 0/20', '.thread (4243): pool <1> 0/5'],
  );
});

test('weights add up as counts do', () => {
  const { weight, selfWeight } = callTree(smallProfile(), defaultView);
  assert.equal(weight[0], 21 * MILLISECOND);
  assert.equal(selfWeight[2], 13 * MILLISECOND);
});

test('a stack 50,000 deep makes a tree 50,000 deep', () => {
  const tree = callTree(deepProfile(50_000), defaultView);
  assert.equal(tree.length, 50_001);
  assert.equal(tree.count[0], 1);
  assert.ok(tree.parent.every((parent, node) => parent === node - 1));
});

test('children are listed by node', () => {
  const tree = callTree(smallProfile(), defaultView);
  const { starts, children } = childrenOf(tree);
  const of = (node: number) => [...children.slice(starts[node], starts[node + 1])];
  assert.deepEqual([of(0), of(1), of(2), of(3), of(4)], [[1], [2, 3], [], [4], []]);
});

test('waiting for the GIL is a frame of its own where idle threads are shown, and there alone', () => {
  const contended = contendedProfile();
  assert.deepEqual(drawn({ filter: { idle: true } }, contended), [
    'all 0/16',
    '.<module> (app:20) 0/16',
    '..work (app:4) 6/8',
    '...[GIL] 2/2',
    '..work (app:5) 0/8',
    '...[GIL] 5/5',
    '...tidy; 整理 (1m&:9) 3/3',
  ]);
  assert.deepEqual(drawn({}, contended), ['all 0/6', '.<module> (app:20) 0/6', '..work (app:4) 6/6']);
  assert.ok(!callTree(smallProfile(), { ...defaultView, filter: { idle: true } }).frames.some(isWait));
});

const isWait = ({ kind }: ViewFrame) => kind === 'wait';
