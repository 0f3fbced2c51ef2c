import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { HeavyopsError } from '../../src/errors.js';
import { locatePython, type Place } from '../../src/target/locate.js';
import { parseModules } from '../../src/target/maps.js';
import { memoryOf, type ReadMemory } from '../../src/target/memory.js';
import { type Interpreter, interpreters, label } from '../helpers/interpreters.js';

const oldestAndNewest = [interpreters().at(0), interpreters().at(-1)].filter((one) => one !== undefined);

for (const interpreter of oldestAndNewest) {
  test(`Python ${label(interpreter)} with damaged memory is found or not, in bounded time and without a crash`, async (t) => {
    const place = await placeOf(t, interpreter);
    assert.equal(locatePython(place).found, 'running');
    const outcomes = new Set<string>();
    for (let round = 0; round < 300; round++) {
      const damaged = damage(place.read, round);
      outcomes.add(outcomeOf({ ...place, read: damaged.read }));
      assert.ok(damaged.reads() < 250_000, `${damaged.reads()} reads in round ${round}`);
    }
    assert.ok(outcomes.size > 1, 'the damage is seen');
  });
}

test('a free-threaded build of a version whose tables are those of the usual build is refused', {
  skip: interpreters().some(({ minor }) => minor === 14) ? false : 'there is no CPython 3.14 here',
}, async (t) => {
  const place = await placeOf(
    t,
    interpreters().find(({ minor }) => minor === 14),
  );
  const found = locatePython({ ...place, read: freeThreaded(place.read) });
  assert.ok(found.found === 'unsupported', found.found);
  assert.equal(found.error.code, 'UNSUPPORTED_PYTHON');
  assert.match(found.error.message, /3\.14.*free-threaded/);
});

/** As if the interpreter's `_Py_DebugOffsets` said so: cookie, version, free_threaded, 8 bytes each. */
function freeThreaded(read: ReadMemory): ReadMemory {
  return (address, length) => {
    const bytes = read(address, length);
    const cookie = bytes === undefined ? '' : Buffer.from(bytes.subarray(0, 8)).toString('latin1');
    if (bytes !== undefined && cookie === 'xdebugpy' && length > 16) bytes[16] = 1;
    return bytes;
  };
}

test('memory of which every word is the same pointer is searched in bounded time', async (t) => {
  const place = await placeOf(t, oldestAndNewest[0]);
  const pointer = parseModules(place.maps)[0]?.mappings.at(-1)?.start ?? 8n;
  let reads = 0;
  const read: ReadMemory = (_, length) => {
    reads++;
    const bytes = Buffer.alloc(length);
    for (let at = 0; at + 8 <= length; at += 8) {
      bytes.writeBigUInt64LE(pointer, at);
    }
    return bytes;
  };
  assert.notEqual(outcomeOf({ ...place, read }), 'running');
  assert.ok(reads < 250_000);
});

function outcomeOf(place: Place): string {
  try {
    return locatePython(place).found;
  } catch (error) {
    assert.ok(error instanceof HeavyopsError, String(error));
    return error.code;
  }
}

/** Every so many-th read comes back with changed bytes, or not at all; the same for the same seed. */
function damage(read: ReadMemory, seed: number): { readonly read: ReadMemory; reads(): number } {
  let count = 0;
  let state = seed + 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  const rarity = 2 + (seed % 30);
  return {
    reads: () => count,
    read: (address, length) => {
      count++;
      const bytes = read(address, length);
      if (bytes === undefined || length === 0 || random(rarity) !== 0) {
        return bytes;
      }
      for (let changes = 1 + random(8); changes > 0; changes--) {
        bytes[random(length)] = random(256);
      }
      return random(4) === 0 ? undefined : bytes;
    },
  };
}

async function placeOf(t: TestContext, interpreter: Interpreter | undefined): Promise<Place> {
  assert.ok(interpreter !== undefined, 'the machine has an interpreter');
  const program = "import sys, time\nsys.stdout.write('ready')\nsys.stdout.flush()\ntime.sleep(600)";
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...interpreter.command, '-c', program]);
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const pid = child.pid ?? 0;
  const maps = readFileSync(`/proc/${pid}/maps`, 'latin1');
  return { pid, maps, modules: parseModules(maps), executable: undefined, read: memoryOf(pid) };
}
