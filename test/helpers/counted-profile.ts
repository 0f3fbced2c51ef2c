import { ProfileBuilder } from '../../src/profile/builder.js';
import { noCounters, type Profile, SampleFlag } from '../../src/profile/profile.js';
import { opcodeTable } from '../../src/python/opcodes.js';
import { sampleMeta } from './profiles.js';

const table = opcodeTable({ major: 3, minor: 13 });
const instructions = ['LOAD_DEREF', 'LOAD_FAST', 'POP_TOP', 'RETURN_CONST'];

/** More than 32 bits hold, as long programs have. */
export const most = 6_000_000_000;

/** What `heavyops count` has counted of a program and of a child that it has forked. */
export function countedProfile(): Profile {
  const builder = new ProfileBuilder({ version: { major: 3, minor: 13 } });
  const program = builder.addThread({ tid: 4242, ident: '0', name: '', interpreter: 0 });
  const child = builder.addThread({ tid: 4250, ident: '0', name: '', interpreter: 0 });
  const code = (name: string, firstLine: number) =>
    builder.addCode({
      name,
      qualname: name,
      filename: '/srv/app/app.py',
      firstLine,
      bytecode: Uint8Array.from(instructions.flatMap((opcode) => [table.opcodeByName(opcode) ?? 0, 0])),
      // Objects/locations.md: one entry without columns, of all four instructions, a line further on.
      lineTable: Uint8Array.of(0x80 | (13 << 3) | 3, 2),
    });
  const [main, add] = [code('<module>', 1), code('outer.<locals>.add', 3)];
  const executed = (thread: number, of: number, index: number, executions: number) => {
    const name = instructions[index] ?? '';
    const stack = builder.addStack(-1, builder.addFrame(of, index * 2));
    const opcode = builder.addOpcode(name, name);
    for (let left = executions; left > 0; left -= 0xffff_ffff) {
      const here = Math.min(left, 0xffff_ffff);
      builder.addSample(thread, stack, opcode, SampleFlag.Active | SampleFlag.Gil, 0, here, here);
    }
  };
  executed(program, add, 0, most);
  executed(program, add, 1, most);
  executed(program, main, 3, 1);
  executed(child, add, 0, 3000);
  builder.addSource('/srv/app/app.py', '\nouter()\n\n    value\n', false);
  return builder.build({
    ...sampleMeta,
    target: { ...sampleMeta.target, python: '3.13.5', command: ['python3.13', 'app.py'] },
    rate: 0,
    reader: 'counter',
    counters: noCounters,
    ended: 'target-ended',
  });
}
