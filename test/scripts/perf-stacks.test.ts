import assert from 'node:assert/strict';
import { test } from 'node:test';

interface NativeFrame {
  readonly name: string;
  readonly file: string;
}

/** The script is plain JavaScript: what is used of it is typed here. */
const { perfStacks } = (await import(
  new URL('../../../scripts/profile-self/perf-stacks.mjs', import.meta.url).href
)) as { perfStacks: (text: string) => readonly (readonly NativeFrame[])[] };

test('stacks of perf script are read root first, with short names', () => {
  const text = `
\tffffffff81b6bde9 copy_iovec_from_user ([kernel.kallsyms])
\t          1094aa process_vm_readv (/usr/lib/x86_64-linux-gnu/libc.so.6)
\t           2d1f3 std::thread::_State_impl<std::thread::_Invoker<std::tuple<int> > >::_M_run (/srv/a b/heavyops.node)
\t               0 [unknown] ([unknown])

\t            1406 __vdso_clock_gettime ([vdso])
\t           2cf06 heavyops::Sampler::run(unsigned long) (/srv/heavyops.node)

`;
  const frame = (name: string, file: string) => ({ name, file });
  assert.deepEqual(perfStacks(text), [
    [
      frame('std::thread::_State_impl::_M_run', 'heavyops.node'),
      frame('process_vm_readv', 'libc.so.6'),
      frame('copy_iovec_from_user', 'kernel'),
    ],
    [frame('heavyops::Sampler::run', 'heavyops.node'), frame('__vdso_clock_gettime', 'vdso')],
  ]);
  assert.deepEqual(perfStacks(''), []);
});
