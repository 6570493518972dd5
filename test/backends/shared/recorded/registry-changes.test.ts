import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { watchRegistry } from '../../../../src/backends/shared/recorded/registry-changes.ts';
import { parseVolumeName, type VolumeName } from '../../../../src/core/names.ts';

/** A registry's directory, whose clock ticks only when the test says so. */
function directory() {
  const names = new Set<string>();
  const state = { tick: 0, changed: 0, lists: 0, isThere: true };
  const facts = {
    kind: 'directory',
    device: '0:1',
    inode: '2',
    size: 0,
    uid: 0,
    gid: 0,
    mode: 0o700,
    modifiedAt: 0,
    allocated: 0,
  } as const;
  const changedNames = watchRegistry(
    {
      refresh: async () => undefined,
      facts: async () => (state.isThere ? { ...facts, changed: `${state.changed}` } : undefined),
      list: async () => {
        state.lists += 1;
        return state.isThere ? [...names] : undefined;
      },
    },
    '/registry',
  );
  return {
    state,
    change(name: string) {
      if (!names.delete(name)) names.add(name);
      state.changed = state.tick;
    },
    names,
    changedNames,
  };
}

const noNames: ReadonlySet<VolumeName> = new Set();

describe('the watch over a registry', () => {
  test('reads no names as long as nothing changes', async () => {
    const { state, change, changedNames } = directory();
    change('db.json');
    for (let round = 0; round < 10; round += 1) {
      state.tick += 1;
      await changedNames(noNames);
    }
    expect(state.lists).toBe(2);
  });

  test('ignores files that are not records, and records without a volume name', async () => {
    const { change, changedNames } = directory();
    for (const file of ['.db.json.new', 'db', 'a b.json', '..json', '-x.json', 'db.json']) change(file);
    expect(await changedNames(noNames)).toEqual(['db']);
  });

  test('treats a missing registry as no change', async () => {
    const { state, change, changedNames } = directory();
    change('db.json');
    state.isThere = false;
    expect(await changedNames(new Set([parseVolumeName('db')]))).toEqual([]);
  });

  test('knows every change after two rounds, even with a coarse clock', async () => {
    const step = fc.constantFrom('a', 'b', 'c', 'look', 'tick');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { state, names, change, changedNames } = directory();
        const known = new Set<VolumeName>();
        let lookedAt = -1;
        // Each round is in a tick of its own.
        const look = async () => {
          if (state.tick === lookedAt) state.tick += 1;
          lookedAt = state.tick;
          for (const name of await changedNames(known)) if (!known.delete(name)) known.add(name);
        };
        for (const one of steps) {
          if (one === 'look') await look();
          else if (one === 'tick') state.tick += 1;
          else change(`${one}.json`);
        }
        await look();
        await look();
        expect([...known].map((name) => `${name}.json`).sort()).toEqual([...names].sort());
      }),
    );
  });
});
