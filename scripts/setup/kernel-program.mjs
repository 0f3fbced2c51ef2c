import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isOnPath, root, StepFailed, step } from '../steps.mjs';

/** Where the reader finds it, next to the addon. */
export const kernelProgram = join(root, 'build/Release/kernel-program.bin');

/** The maps of native/bpf/sample.bpf.c by the numbers that native/bpf/program.h knows them by. */
const maps = ['settings', 'threads', 'scratch', 'ring', 'programs'];
/** Its programs, in the order in which the loader expects them. */
const programs = ['begin', 'walk'];
const instructionSize = 8;
const source = 'native/bpf/sample.bpf.c';
const stamp = join(root, 'build/kernel-program.sha256');

/**
 * Compiles the program that samples from inside the kernel, when its source has changed, and takes out of the object what
 * its loader needs. Without Clang, the only compiler that is asked for it, heavyops is built without the kernel reader.
 */
export async function buildKernelProgram() {
  const state = fingerprint();
  if (existsSync(kernelProgram) && existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return;
  if (!isOnPath('clang')) {
    rmSync(kernelProgram, { force: true });
    process.stderr.write('heavyops: built without the kernel reader, which needs clang to be compiled\n');
    return;
  }
  const object = join(root, 'build/sample.bpf.o');
  mkdirSync(dirname(kernelProgram), { recursive: true });
  await step('compiling the kernel reader', [
    ...['clang', '-target', 'bpf', '-mcpu=v2', '-O2', '-Wall', '-Wextra', '-Werror'],
    ...[`-D__TARGET_ARCH_${process.arch}`, `-I/usr/include/${gnuName()}-linux-gnu`],
    ...['-c', source, '-o', object],
  ]);
  const elf = readFileSync(object);
  writeFileSync(kernelProgram, Buffer.concat(programs.map((name) => extract(elf, name))));
  writeFileSync(stamp, state);
}

/** Changes when the program has to be compiled again. */
function fingerprint() {
  const hash = createHash('sha256').update(process.arch);
  const files = [join(root, source), join(root, 'native/bpf/record.h'), fileURLToPath(import.meta.url)];
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex');
}

/** As in the names of the folders of headers for one kind of processor. */
function gnuName() {
  return { x64: 'x86_64', arm64: 'aarch64' }[process.arch] ?? process.arch;
}

/**
 * Counts of relocations and instructions, the relocations (instruction, map), the instructions: all that the loader
 * needs of a program (elf(5)).
 *
 * @param {Buffer} elf
 * @param {string} program the name of its section
 */
function extract(elf, program) {
  const sections = sectionsOf(elf);
  const code = bytesOf(elf, named(sections, program));
  const relocations = bytesOf(elf, named(sections, `.rel${program}`));
  const symbols = bytesOf(elf, named(sections, '.symtab'));
  const names = bytesOf(elf, named(sections, '.strtab'));
  const out = Buffer.alloc(8 + relocations.length / 2);
  out.writeUInt32LE(relocations.length / 16, 0);
  out.writeUInt32LE(code.length / instructionSize, 4);
  for (let at = 0; at < relocations.length; at += 16) {
    const symbol = relocations.readUInt32LE(at + 12);
    const name = textAt(names, symbols.readUInt32LE(symbol * 24));
    const map = maps.indexOf(name);
    if (map < 0) throw new StepFailed(`the kernel reader's program refers to ${name}, which is no map`);
    out.writeUInt32LE(relocations.readUInt32LE(at) / instructionSize, 8 + at / 2);
    out.writeUInt32LE(map, 12 + at / 2);
  }
  return Buffer.concat([out, code]);
}

/** @param {Buffer} elf */
function sectionsOf(elf) {
  const table = Number(elf.readBigUInt64LE(0x28));
  const sections = Array.from({ length: elf.readUInt16LE(0x3c) }, (_, index) => {
    const at = table + index * 64;
    return {
      name: elf.readUInt32LE(at),
      offset: Number(elf.readBigUInt64LE(at + 24)),
      size: Number(elf.readBigUInt64LE(at + 32)),
    };
  });
  const names = bytesOf(elf, sections[elf.readUInt16LE(0x3e)]);
  return sections.map((section) => ({ ...section, name: textAt(names, section.name) }));
}

function named(sections, name) {
  const found = sections.find((section) => section.name === name);
  if (found === undefined) throw new StepFailed(`the kernel reader's object has no section ${name}`);
  return found;
}

function bytesOf(elf, { offset, size }) {
  return elf.subarray(offset, offset + size);
}

function textAt(bytes, start) {
  return bytes.toString('latin1', start, bytes.indexOf(0, start));
}
