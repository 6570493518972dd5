import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createNear, type Near } from '../../../src/host/files/near.ts';
import { heldPath } from '../../../src/host/files/place.ts';
import { linuxParts } from '../../../src/host/linux-parts.ts';
import { createMayBlock } from '../../../src/host/mounts/may-block.ts';
import { loadSystemCalls, type SystemCalls } from '../../../src/host/system-calls.ts';
import { describeWith } from '../../lab/requirements.ts';
import { removeFolder } from '../linux-host-under-test.ts';

describeWith({ root: true }, 'a local directory that is held open', () => {
  let folder = '';
  let calls: SystemCalls | undefined;
  let near: Near;
  beforeEach(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-near-')));
    mkdirSync(join(folder, 'root/own/sub'), { recursive: true });
    mkdirSync(join(folder, 'other'));
    writeFileSync(join(folder, 'root/own/sub/file'), 'text');
    calls = await loadSystemCalls();
    const { readTable } = await linuxParts({ systemCalls: 'auto' });
    near = createNear(calls, calls && createMayBlock(calls, readTable));
  });
  afterEach(() => removeFolder(folder));

  async function holding(
    names: readonly string[],
    work: (place: string) => void | Promise<void>,
  ): Promise<void> {
    // What was never looked up is not in memory.
    readdirSync(join(folder, 'root', ...names), { withFileTypes: true });
    const fd = await near.hold(join(folder, 'root'), names);
    if (fd === undefined) throw new Error('it was left to the pool');
    try {
      await work(heldPath(fd));
    } finally {
      near.release(fd);
    }
  }

  test('is known by its path until it is released', async () => {
    let path = '';
    await holding(['own', 'sub'], (place) => {
      path = place;
      expect(near.isHeld(place)).toBe(true);
      expect(near.isHeld(`${place}/file`)).toBe(false);
    });
    expect(near.isHeld(path)).toBe(false);
    expect(await near.open(`${path}/file`)).toBeUndefined();
  });

  test('stays the same directory when another gets its name', async () => {
    await holding(['own', 'sub'], (place) => {
      renameSync(join(folder, 'root/own/sub'), join(folder, 'root/own/moved'));
      symlinkSync(join(folder, 'other'), join(folder, 'root/own/sub'));
      expect(near.stat(`${place}/file`)).toMatchObject({ size: 4n });
    });
    expect(await near.hold(join(folder, 'root'), ['own', 'sub'])).toBeUndefined();
  });

  test('a mount below the root is left to the pool: it may hang', async () => {
    calls?.mount(join(folder, 'other'), join(folder, 'root/own/sub'), 0x1000);
    try {
      expect(await near.hold(join(folder, 'root'), ['own', 'sub'])).toBeUndefined();
      await holding(['own'], (place) => expect(near.stat(`${place}/sub`)).toBeUndefined());
    } finally {
      calls?.unmount(join(folder, 'root/own/sub'));
    }
  });

  test('what the kernel does not have in memory is found on the pool, by the same rules', async () => {
    symlinkSync(join(folder, 'other'), join(folder, 'root/own/link'));
    mkdirSync(join(folder, 'root/own/mount'));
    calls?.mount(join(folder, 'other'), join(folder, 'root/own/mount'), 0x1000);
    // The walk to the directory is in memory.
    const openCached: SystemCalls['openCached'] = (fd, path, flags) =>
      path === 'own' ? calls?.openCached(fd, path, flags) : undefined;
    near = createNear(calls && { ...calls, openCached }, {
      of: async () => 'local',
      ends: async () => 'one-mount',
    });
    try {
      await holding(['own'], async (place) => {
        expect(await near.facts(`${place}/sub`)).toMatchObject({ mode: expect.any(BigInt) });
        expect(await near.facts(`${place}/none`)).toBe('missing');
        expect(await near.facts(`${place}/mount`)).toBeUndefined();
        const link = await near.facts(`${place}/link`);
        expect(typeof link === 'object' && link.isSymbolicLink()).toBe(true);
        expect(near.stat(`${place}/sub`)).toBeUndefined();
      });
    } finally {
      calls?.unmount(join(folder, 'root/own/mount'));
    }
  });

  test('a root that may be on a server is left to the pool', async () => {
    const away = createNear(calls, { of: async () => 'unknown', ends: async () => 'one-mount' });
    expect(await away.hold(join(folder, 'root'), [])).toBeUndefined();
  });
});
